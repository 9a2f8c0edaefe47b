package explore

import (
	"flag"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

var full = flag.Bool("full", false, "explore the full scopes and try all mutants")

// explore looks at a scope, and fails with the shortest trace of what breaks.
func explore(t *testing.T, s Scope) {
	t.Helper()
	r := Explore(&s)
	t.Logf("%s", r.summary(&s))
	if r.Broken != "" {
		t.Fatalf("%s\n%s", r.Broken, strings.Join(r.Trace, "\n"))
	}
}

// exploreAll explores scopes side by side; full ones, which take much memory, one after
// the other.
func exploreAll(t *testing.T, scopes []Scope) {
	t.Helper()
	before := debug.SetGCPercent(300) // Most of what there is stays.
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, s := range scopes {
		t.Run(s.Name, func(t *testing.T) {
			if !*full {
				t.Parallel()
			}
			explore(t, s)
		})
	}
}

// TestExplore looks at every run with one fault; with -full, with two, and with
// three of some kinds.
func TestExplore(t *testing.T) {
	faults := 1
	if *full {
		faults = 2
	}
	scopes := []Scope{single(faults), pair(faults), square(faults), rescaled(faults), spacious(faults), updated(faults, true), updated(faults, false)}
	if *full {
		scopes = append(scopes,
			single(3).only(1, Late, Lost, Down).named("one slot; late, lost, down"),
			pair(3).only(1, Usurped, Late, Stuck).named("two launchers; usurped, late, stuck"),
			rescaled(3).only(2, Scale, Late).named("one slot, scaled; late"),
			single(3).only(1, Away, Fails, Late).named("one slot; away, fails, late"),
		)
	}
	exploreAll(t, scopes)
}

// TestExploreJobs looks at schedules, drains and rollouts: every run with one fault of
// some kinds; with -full, of all kinds, and with two of some.
func TestExploreJobs(t *testing.T) {
	const forbid, replace, none, last = job.OverlapForbid, job.OverlapReplace, job.MissedNone, job.MissedLast
	scopes := []Scope{
		periodic(1, forbid, none).only(1, Lost, Late, Blind, Down, Fails), periodic(1, replace, last).only(1, Late, Blind, Down),
		periodic(1, forbid, none).alone().only(1, Stuck, Down), periodic(1, replace, last).alone().only(1, Stuck, Down), pausedSchedule(),
		drained(1, true), drained(1, false),
		rolledBack(1, true, badImage).only(1, Late, Down), rolledBack(1, false, badImage).only(1, Late), canary(1).only(1, Late, Down),
		steered(events.RolloutPause, events.RolloutResume), steered(events.RolloutCancel), steered(events.RolloutRollback),
		kept(1).only(1, Late, Fails), keptBatch(Fails),
		ruled(3).only(1, Fails).with(Rule, 2), ruledUpdate(),
	}
	if *full {
		scopes = []Scope{
			periodic(1, forbid, none), periodic(1, replace, last), periodic(1, forbid, none).alone(), periodic(1, replace, last).alone(), pausedSchedule(),
			periodic(2, forbid, none).only(1, Late, Blind), periodic(2, replace, last).only(1, Late, Blind), periodic(2, forbid, last).alone().only(1, Late, Down),
			drained(1, true), drained(1, false), drained(2, true).only(1, Late, Down), drained(2, false).only(1, Late, Down),
			rolledBack(1, true, "y", badImage), rolledBack(1, false, "y", badImage), canary(1),
			steered(events.RolloutPause, events.RolloutResume), steered(events.RolloutCancel), steered(events.RolloutRollback),
			kept(1), kept(2).only(1, Late, Fails), keptBatch(Late), keptBatch(Fails), keptBatch(Down),
			ruled(3).only(1, Late, Fails, Down).with(Rule, 2), ruledUpdate(),
		}
	}
	exploreAll(t, scopes)
}

// TestAnyOrder takes the steps that are possible at once in each order.
func TestAnyOrder(t *testing.T) {
	s := single(0)
	s.Name, s.AnyOrder = "one slot, any order", true
	if !*full {
		s.States = 10_000
	}
	scopes := []Scope{s}
	if *full {
		stopped := single(0).inOrder(Stop)
		stopped.Name, stopped.AnyOrder = "one slot that is stopped, any order", true
		scopes = append(scopes, stopped)
	}
	exploreAll(t, scopes)
}
