package extending_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// planner is a worker in place of taurus-planner: it plans every task of a job
// once, and never again. It writes where the planner writes, so it must not run
// beside one.
type planner struct {
	log   eventlog.Log
	space events.Space
	// last are the last sequences of the plan subjects: what a decision is
	// appended on the condition of.
	last map[string]uint64
}

// fold learns, decides, and appends. A conflict is a lost race: what won it is
// about to be folded, and the decision is made again then.
func (p *planner) fold(ctx context.Context, rec eventlog.Record) error {
	p.last[rec.Subject] = rec.Sequence
	subject, err := events.ParseSubject(rec.Subject)
	if err != nil {
		return err
	}
	_, ev, err := events.Decode(rec.Message)
	if err != nil {
		return err
	}
	submitted, ok := ev.(events.JobSubmitted)
	if !ok {
		return nil
	}
	var spec struct {
		Tasks []struct {
			Name     string `json:"name"`
			Replicas uint32 `json:"replicas"`
		} `json:"tasks"`
	}
	if err := json.Unmarshal(submitted.Spec, &spec); err != nil {
		return err
	}
	return p.plan(ctx, subject.Job, rec.Sequence, spec.Tasks[0].Name, spec.Tasks[0].Replicas)
}

func (p *planner) plan(ctx context.Context, job string, run uint64, group string, replicas uint32) error {
	to := p.space.Plan(job)
	planned := events.TasksPlanned{
		Run: run, Version: 1, Group: group, Slots: []events.SlotRange{{From: 0, To: replicas - 1, Attempt: 1}},
	}
	env := events.Envelope{
		ID: fmt.Sprintf("%s@%d", to, p.last[to]), Source: "example/planner", Time: time.Now(), Cause: run,
	}
	m, err := events.Encode(to, env, planned)
	if err != nil {
		return err
	}
	_, err = p.log.Append(ctx, eventlog.Decision(m, p.last[to]))
	if errors.Is(err, eventlog.ErrConflict) {
		return nil
	}
	return err
}

func Example_worker() {
	log := memory.New()
	space := events.NewSpace(0)
	submitted := events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"web","replicas":4}]}`)}
	m, err := events.Encode(space.Job("web"), events.Envelope{ID: "1", Time: time.Now()}, submitted)
	if err != nil {
		panic(err)
	}
	if _, err := log.Append(context.Background(), eventlog.Decision(m, 0)); err != nil {
		panic(err)
	}

	worker := &planner{log: log, space: space, last: map[string]uint64{}}
	ctx, stop := context.WithCancel(context.Background())
	_ = eventlog.NewFollower(log, 1).Run(ctx, func(rec eventlog.Record) error {
		if rec.Subject == space.Plan("web") {
			fmt.Println(string(rec.Data))
			stop()
		}
		return worker.fold(ctx, rec)
	})
	// Output: {"run":1,"version":1,"group":"web","slots":[{"from":0,"to":3,"attempt":1}]}
}
