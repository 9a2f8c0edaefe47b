package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// The scenarios work: every task is seen RUNNING, and those of taurus KILLED.

func TestBare(t *testing.T) {
	for _, listen := range []bool{false, true} {
		c := newCluster(t, 120, listen)
		if took, err := bare(c, listen).Launch(t.Context(), 120); err != nil || took <= 0 {
			t.Errorf("listening %t: %s, %v", listen, took, err)
		}
		c.Close()
	}
}

func TestTaurus(t *testing.T) {
	c := newCluster(t, 60, false)
	defer c.Close()
	log := memory.New()
	leases := memory.NewLeases(time.Now)
	p, err := bench.Taurus{
		Log:   func(context.Context, string) (eventlog.Log, error) { return shared{log}, nil },
		Lease: leases, Members: leases,
		Mesos: mesos.Config{Master: c.Addr(), Transport: c.Network().Client("taurus").Transport, Log: zerolog.Nop()},
	}.Run(t.Context(), 3, 20)
	if err != nil {
		t.Fatal(err)
	}
	if p.Submitted <= 0 || p.Running < p.Submitted || p.Killed <= 0 {
		t.Errorf("%+v", p)
	}
	// Each of 3 jobs was planned, doomed and killed, and nobody raced anybody.
	if p.Decisions < 9 || p.Lost != 0 {
		t.Errorf("%+v", p)
	}
}
