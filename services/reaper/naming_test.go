package reaper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/reaper"
)

// watched is a reaper whose log, readiness and metrics are looked at.
type watched struct {
	*reaper.Service
	metrics *prometheus.Registry
	mu      sync.Mutex
	lines   bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines.Write(p)
}

// count is how many lines have a text.
func (w *watched) count(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.lines.String(), text)
}

func (r *rig) watch() *watched {
	r.t.Helper()
	w := &watched{metrics: prometheus.NewRegistry()}
	s, err := reaper.New(reaper.Options{
		Log: r.log, Space: r.space, Instance: "a", Now: time.Now, Logger: zerolog.New(w), Metrics: w.metrics, Killer: r,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	w.Service = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
	return w
}

// forge writes down that a subscription was opened with another master.
func (r *rig) forge(master string) {
	r.put(r.space.Launcher(0), r.epoch, events.SubscriptionOpened{FrameworkID: "F", StreamID: "forged", Master: master})
}

// TestUnnamedMaster: what the log says of the master that kills go to counts for
// nothing against the configuration. Kills wait, and everybody is told.
func TestUnnamedMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open("s1")
		w := r.watch()
		run := r.run(3)
		synctest.Wait()
		if err := w.Ready(); err != nil {
			t.Fatal(err)
		}
		r.name("http://m", true)
		r.forge("http://evil:5050")
		synctest.Wait()
		for range 5 {
			if err := w.Ready(); !errors.Is(err, reaper.ErrUnnamed) || !strings.Contains(err.Error(), "http://evil:5050") {
				t.Fatalf("ready: %v", err)
			}
			r.doom(run, 0, 0)
			time.Sleep(grace + reaping.Margin + time.Second)
		}
		if n := r.callsOn("forged"); n != 0 {
			t.Errorf("%d kills were sent to the stranger", n)
		}
		if n := len(r.announced()); n != 0 {
			t.Errorf("%d kills were announced, though none can be sent", n)
		}
		if n := w.count(`"level":"error"`); n != 1 || w.count("http://evil:5050") == 0 {
			t.Errorf("%d error lines: %s", n, &w.lines)
		}
		w.gauge(t, 1)
		r.forge("http://worse:5050")
		time.Sleep(time.Second)
		if n := w.count(`"level":"error"`); n != 2 || !strings.Contains(fmt.Sprint(w.Ready()), "http://worse:5050") {
			t.Errorf("%d error lines after another change: %s", n, &w.lines)
		}
		// The launcher subscribes anew.
		r.open("s2")
		time.Sleep(2 * time.Second)
		if kills := r.kills()["t0"]; len(kills) != 1 || kills[0].stream != "s2" || len(r.announced()) != 1 {
			t.Errorf("killed %+v in %d announcements", kills, len(r.announced()))
		}
		if err := w.Ready(); err != nil || w.count(`"level":"info"`) == 0 {
			t.Errorf("ready: %v", err)
		}
		w.gauge(t, 0)
	})
}

func (w *watched) gauge(t *testing.T, want int) {
	t.Helper()
	err := testutil.GatherAndCompare(w.metrics, strings.NewReader(fmt.Sprintf(
		"# HELP taurus_unnamed_master 1 while the log has kills sent to a Mesos master that the configuration does not name, so that they wait; else 0.\n"+
			"# TYPE taurus_unnamed_master gauge\ntaurus_unnamed_master{role=\"reaper\"} %d\n", want)), "taurus_unnamed_master")
	if err != nil {
		t.Error(err)
	}
}

// TestMasterComesToBeNamed: ZooKeeper may name a master later than the log does.
// What was announced meanwhile, by another reaper say, is not lost.
func TestMasterComesToBeNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.name("http://other", true)
		r.open("s1")
		w := r.watch()
		run := r.run(1)
		r.doom(run, 0, 0)
		time.Sleep(time.Minute)
		if n := len(r.kills()); n != 0 || w.Ready() == nil {
			t.Fatalf("%d kills, ready: %v", n, w.Ready())
		}
		r.name("http://m", true)
		time.Sleep(12 * time.Second)
		if n := len(r.kills()["t0"]); n != 1 || w.Ready() != nil {
			t.Errorf("killed %d times once the master is named, ready: %v", n, w.Ready())
		}
	})
}

// TestFormerMastersAreNotAskedAbout: only that of the newest subscription counts,
// of a log that holds many.
func TestFormerMastersAreNotAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.name("http://m", true)
		for i := range 50 {
			r.forge(fmt.Sprintf("http://former-%d:5050", i))
		}
		r.open("s1")
		w := r.watch()
		time.Sleep(time.Minute)
		if n := w.count(`"level":"error"`); n != 0 || w.Ready() != nil {
			t.Errorf("%d error lines, ready: %v: %s", n, w.Ready(), &w.lines)
		}
	})
}
