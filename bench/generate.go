package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// generator appends what a taurus writes that runs short batch jobs, one after the other, in batches that
// are stored at once: each job is submitted, planned, staged, and its tasks start, run and finish.
type generator struct {
	log     eventlog.Log
	space   events.Space
	at      time.Time
	next    uint64 // The sequence of the next record.
	epoch   uint64
	jobs    int
	counter uint64
	batch   []eventlog.Entry
}

// written is an event of a job.
type written struct {
	subject string
	epoch   uint64
	ev      events.Event
}

// generate appends so many records at least, and returns the id of a job in the middle of them.
func generate(ctx context.Context, log eventlog.Log, records int) (middle string, err error) {
	b, err := log.Bounds(ctx)
	if err != nil {
		return "", err
	}
	g := &generator{log: log, space: events.NewSpace(0), at: time.Now().UTC(), next: b.Last + 1}
	g.epoch = g.next
	if err := g.add(ctx, g.space.Launcher(0), 0, events.LauncherElected{Nonce: "bench", Instance: "bench"}); err != nil {
		return "", err
	}
	for int(g.next) <= records {
		if err := g.job(ctx); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("gen-%d", g.jobs/2), g.flush(ctx)
}

// job appends the life of one.
func (g *generator) job(ctx context.Context) error {
	id := fmt.Sprintf("gen-%d", g.jobs)
	g.jobs++
	run := g.next
	list := []written{
		{g.space.Job(id), 0, events.JobSubmitted{Spec: fmt.Appendf(nil,
			`{"id":%q,"kind":"batch","tasks":[{"name":"web","replicas":%d,"container":{"image":"busybox"},"resources":{"cpu":0.08,"memory":64}}]}`, id, churnTasks)}},
		{g.space.Plan(id), 0, events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: churnTasks - 1, Attempt: 1}}}},
	}
	states := []string{"", "TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"}
	for _, state := range states {
		for slot := range uint32(churnTasks) {
			name, agent := fmt.Sprintf("%s-%d-%d-1", id, run, slot), fmt.Sprintf("S%d", (g.jobs+int(slot))%100)
			var ev events.Event = events.TaskStatusChanged{
				Run: run, Slot: slot, Attempt: 1, TaskID: name, AgentID: agent, State: state, Source: "SOURCE_EXECUTOR", UUID: []byte("0123456789abcdef"), At: g.at,
			}
			if state == "" {
				ev = events.TaskStaged{
					Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: name, AgentID: agent, Hostname: "host-" + agent,
					Offers: []string{"O-" + agent}, Resources: events.Resources{CPUs: 0.08, Mem: 64},
				}
			}
			list = append(list, written{g.space.Task(id, slot), g.epoch, ev})
		}
	}
	list = append(list, written{g.space.Plan(id), 0, events.JobCompleted{Run: run}})
	for _, one := range list {
		if err := g.add(ctx, one.subject, one.epoch, one.ev); err != nil {
			return err
		}
	}
	return nil
}

// add appends an event, with those before it when they are as many as go at once.
func (g *generator) add(ctx context.Context, subject string, epoch uint64, ev events.Event) error {
	g.at = g.at.Add(time.Millisecond)
	env := events.Envelope{ID: fmt.Sprintf("%s@%d", subject, g.next), Source: "taurus/bench/generator", Time: g.at, Epoch: epoch}
	if epoch != 0 {
		g.counter++
		env.Counter = g.counter
	}
	msg, err := events.Encode(subject, env, ev)
	if err != nil {
		return err
	}
	g.batch = append(g.batch, eventlog.Fact(msg))
	g.next++
	if len(g.batch) == eventlog.MaxBatch {
		return g.flush(ctx)
	}
	return nil
}

func (g *generator) flush(ctx context.Context) error {
	if len(g.batch) == 0 {
		return nil
	}
	_, err := g.log.Append(ctx, g.batch...)
	g.batch = g.batch[:0]
	return err
}
