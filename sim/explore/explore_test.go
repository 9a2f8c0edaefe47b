package explore

import (
	"flag"
	"runtime/debug"
	"strings"
	"testing"
)

var full = flag.Bool("full", false, "explore the full scopes and try all mutants")

// explore looks at a scope, and fails with the shortest trace of what breaks.
func explore(t *testing.T, s Scope) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // Most of what there is stays.
	r := Explore(&s)
	t.Logf("%s", r.summary(&s))
	if r.Broken != "" {
		t.Fatalf("%s\n%s", r.Broken, strings.Join(r.Trace, "\n"))
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
	for _, s := range scopes {
		t.Run(s.Name, func(t *testing.T) { explore(t, s) })
	}
}

// TestAnyOrder takes the steps that are possible at once in each order.
func TestAnyOrder(t *testing.T) {
	s := single(0)
	s.Name, s.AnyOrder = "one slot, any order", true
	if !*full {
		s.States = 10_000
	}
	explore(t, s)
	if *full {
		stopped := single(0).inOrder(Stop)
		stopped.Name, stopped.AnyOrder = "one slot that is stopped, any order", true
		explore(t, stopped)
	}
}
