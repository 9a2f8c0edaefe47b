package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/world"
)

// start adds a process of a role and starts it.
func start(w *world.World, role, name string) int {
	i := w.Add(role, name)
	w.Start(i, 0)
	return i
}

// rig is a world with one of each role that has come to rest.
func rig(agents int, roles ...string) *world.World {
	w := world.New(world.Options{Agents: agents})
	for _, role := range append([]string{"commander"}, roles...) {
		start(w, role, role)
	}
	return w
}

// whole is a world with everything in it.
func whole(agents int) *world.World {
	w := rig(agents, "planner", "launcher", "reaper")
	w.Pass(time.Second)
	return w
}

// agree fails the test unless everything is as it should be some minutes later.
func agree(t *testing.T, w *world.World) {
	t.Helper()
	w.Pass(10 * time.Minute)
	if all := append(w.Violations, w.Disagreements()...); len(all) > 0 {
		t.Fatalf("%s\n%s", strings.Join(all, "\n"), w.Story())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ignore drops the error of a command that may be refused.
func ignore(error) {}

func scale(n uint32) submission.Scale {
	return submission.Scale{Replicas: n, Limits: job.DefaultLimits()}
}

func current(w *world.World, id string, slot uint32) *cluster.Task {
	return w.Referee.Jobs[id].Slots[slot].Newest()
}

func ids(w *world.World) []string {
	var all []string
	for _, l := range w.Alive() {
		all = append(all, l.TaskID)
	}
	return all
}

func wantAlive(t *testing.T, w *world.World, id string, want int) {
	t.Helper()
	n := 0
	for _, l := range w.Alive() {
		if l.Job == id {
			n++
		}
	}
	if n != want {
		t.Fatalf("%d tasks of %s are alive, want %d\n%s", n, id, want, w.Story())
	}
}

// first has the first message with such a body meet a fate.
func first(w *world.World, body any, f world.Fate) {
	w.Rules = append(w.Rules, world.Rule{Process: world.Anybody, Body: body, Fate: f, Times: 1})
}

// strayAccept has the first ACCEPT fail for its sender and arrive after a while, as
// on a connection that broke with the call in flight; 0 means never.
func strayAccept(w *world.World, after time.Duration) {
	if after == 0 {
		first(w, launching.Accept{}, world.Fate{Kind: world.Lose})
		return
	}
	first(w, launching.Accept{}, world.Fate{Kind: world.Stray, For: after})
}
