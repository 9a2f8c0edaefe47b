package projection

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestVerdictsAreBounded: those of the jobs that were last explained are kept.
func TestVerdictsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, space := memory.New(memory.WithClock(time.Now)), events.NewSpace(0)
		for _, id := range []string{"a", "b", "a", "c"} {
			m, err := events.Encode(space.Why(id), events.Envelope{ID: id, Time: time.Now()}, events.VerdictChanged{Run: 1, Group: "g"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		v := NewVerdicts(log, space)
		v.kept = 2
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- v.Run(ctx) }()
		synctest.Wait()
		stop()
		<-done
		for id, want := range map[string]int{"a": 1, "b": 0, "c": 1} {
			if got := len(v.Job(id, 1)); got != want {
				t.Errorf("%d verdicts about %s, want %d", got, id, want)
			}
		}
	})
}

// TestDeletedJobsLeaveNoSummary behind.
func TestDeletedJobsLeaveNoSummary(t *testing.T) {
	m := NewModel()
	for i, ev := range []events.Event{
		events.JobSubmitted{Spec: []byte(`{"id":"a","tasks":[{"name":"g","replicas":1,"container":{"image":"i"}}]}`)},
		events.JobStopped{Run: 1},
		events.JobDeleted{Run: 1},
	} {
		r := cluster.Record{Sequence: uint64(i + 1), Subject: events.Subject{Role: events.RoleJob, Job: "a"}, Event: ev}
		if _, err := m.Apply(r); err != nil {
			t.Fatal(err)
		}
		m.List(Query{})
	}
	if len(m.summaries) != 0 {
		t.Errorf("%d summaries of jobs that nobody sees", len(m.summaries))
	}
}
