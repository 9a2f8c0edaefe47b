package planner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/planner"
)

func TestMain(m *testing.M) { testwait.Main(m) }

type rig struct {
	t     *testing.T
	log   *memory.Log
	space events.Space
}

func newRig(t *testing.T, options ...memory.Option) *rig {
	t.Helper()
	return &rig{t: t, log: memory.New(append(options, memory.WithClock(time.Now))...), space: events.NewSpace(0)}
}

func (r *rig) put(subject string, ev events.Event) uint64 {
	r.t.Helper()
	m, err := events.Encode(subject, events.Envelope{ID: "x", Source: "test", Time: time.Now()}, ev)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.log.Append(context.Background(), eventlog.Fact(m))
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt.Last
}

func (r *rig) submit(id string, replicas int) uint64 {
	return r.put(r.space.Job(id), events.JobSubmitted{Spec: fmt.Appendf(nil,
		`{"id":%q,"tasks":[{"name":"g","replicas":%d,"container":{"image":"x"}}]}`, id, replicas)})
}

func (r *rig) planner(name string) *planner.Service {
	r.t.Helper()
	s, err := planner.New(planner.Options{Log: r.log, Space: r.space, Instance: name, Now: time.Now, Logger: zerolog.Nop()})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) start(name string) *planner.Service {
	r.t.Helper()
	s := r.planner(name)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
	return s
}

// state is the log, folded.
func (r *rig) state() *cluster.State {
	r.t.Helper()
	synctest.Wait()
	return foldtest.State(r.t, r.log)
}

// TestPlans what is submitted and dooms what is stopped, once, however many
// planners there are.
func TestPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		a := r.planner("early")
		if a.Ready() == nil {
			t.Error("ready before it runs")
		}
		ready := r.start("a")
		r.start("b")
		run := r.submit("web", 3)
		time.Sleep(time.Second)
		if err := ready.Ready(); err != nil {
			t.Error(err)
		}
		j := r.state().Jobs["web"]
		if j.Live() != 3 || r.state().Sequence != 2 {
			t.Fatalf("%d tasks planned in %d records", j.Live(), r.state().Sequence-1)
		}
		r.put(r.space.Job("web"), events.JobStopped{Run: run})
		time.Sleep(time.Second)
		s := r.state()
		for _, slot := range s.Jobs["web"].Slots {
			if slot.Newest().Doom == nil {
				t.Errorf("slot %d is not doomed", slot.Number)
			}
		}
		if s.Sequence != 4 {
			t.Errorf("%d records, want 4", s.Sequence)
		}
	})
}

// TestNearlyFull: above 90 % of the log's space nothing is planned, but what is
// stopped is doomed all the same.
func TestNearlyFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const space = 800_000 // and a part of it is kept for what is about no job
		r := newRig(t, memory.WithMaxBytes(space))
		p := r.start("a")
		room := func(want ...ready.Check) {
			t.Helper()
			if got := p.Checks(); !slices.EqualFunc(got, append([]ready.Check{ready.Work(nil)}, want...), func(a, b ready.Check) bool {
				return a.Name == b.Name && a.Level == b.Level
			}) {
				t.Errorf("checks %+v, want %+v", got, want)
			}
		}
		run := r.submit("first", 2)
		time.Sleep(time.Second)
		room()
		filler := strings.Repeat("x", space*91/100-int(r.used()))
		r.put(r.space.Job("filler"), events.JobStopped{Reason: filler})
		time.Sleep(10 * time.Second) // so that it is seen
		room(ready.Check{Name: ready.CheckRoom, Level: ready.Fail})
		r.submit("second", 2)
		r.put(r.space.Job("first"), events.JobStopped{Run: run})
		time.Sleep(time.Minute)
		s := r.state()
		if n := s.Jobs["second"].Live(); n != 0 {
			t.Errorf("%d tasks planned in a log that is nearly full", n)
		}
		if first := s.Jobs["first"].Slots[0].Newest(); first.Doom == nil {
			t.Error("the stopped job's tasks are not doomed")
		}
	})
}

func (r *rig) used() uint64 {
	r.t.Helper()
	u, err := r.log.Usage(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return u.Bytes
}

// TestEndsWithTheLog, leaving nothing behind.
func TestEndsWithTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		s := r.planner("a")
		go func() {
			time.Sleep(time.Second)
			_ = r.log.Close()
		}()
		if err := s.Run(t.Context()); !errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestMetricsAreRegisteredOnce(t *testing.T) {
	reg := prometheus.NewRegistry()
	opt := planner.Options{Log: memory.New(), Now: time.Now, Logger: zerolog.Nop(), Metrics: reg}
	if _, err := planner.New(opt); err != nil {
		t.Fatal(err)
	}
	if _, err := planner.New(opt); err == nil {
		t.Error("the same metrics were registered twice")
	}
}
