package extending_test

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// launches is a read model of its own: how many tasks of each job were launched.
// It could as well be rows in a database: what matters is that the position is
// stored together with what was made of the records up to it.
type launches struct {
	position uint64
	perJob   map[string]int
}

func (l *launches) apply(rec eventlog.Record) error {
	l.position = rec.Sequence
	subject, err := events.ParseSubject(rec.Subject)
	if err != nil {
		return err
	}
	_, ev, err := events.Decode(rec.Message)
	if err != nil {
		return err // Also for a newer major version: going on would be guessing.
	}
	if _, ok := ev.(events.TaskStaged); ok {
		l.perJob[subject.Job]++
	}
	return nil
}

func Example_readModel() {
	log := memory.New()
	space := events.NewSpace(0)
	for slot := range uint32(3) {
		staged := events.TaskStaged{Slot: slot, TaskID: fmt.Sprintf("web-1-%d-1", slot)}
		m, err := events.Encode(space.Task("web", slot), events.Envelope{ID: staged.TaskID, Time: time.Now()}, staged)
		if err != nil {
			panic(err)
		}
		if _, err := log.Append(context.Background(), eventlog.Decision(m, 0)); err != nil {
			panic(err)
		}
	}
	model := &launches{perJob: map[string]int{}}
	ctx, stop := context.WithCancel(context.Background())
	err := eventlog.NewFollower(log, 1).Run(ctx, func(rec eventlog.Record) error {
		if rec.Sequence == 3 {
			defer stop()
		}
		return model.apply(rec)
	})
	fmt.Println(model.perJob["web"], model.position, err)
	// Output: 3 3 context canceled
}
