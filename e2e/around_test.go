package e2e_test

import (
	"fmt"
	"testing"
)

// services are those that fold the log.
var services = []string{"api", "planner", "launcher", "reaper"}

// around is a machine on which one role is killed again and again.
type around struct {
	*machine
	*tally
	role string
	// n counts the moments.
	n int
}

// moment reports whether the next moment is tried, and gives the job of it a name.
func (a *around) moment(kind string) (job string, tried bool) {
	a.n++
	return fmt.Sprintf("%s-%s-%d", kind, a.role, a.n), *everyStep || a.n > 0 && a.n%27 == 0
}

// first is where the count of moments begins by role, so that of the few that are always
// tried one is a dispatch, one a time of a schedule, two are a gang and one is a drain.
var first = map[string]int{"api": 7, "planner": 25, "launcher": -2, "reaper": -10}

// killed kills the role, and waits until another process has it.
func (a *around) killed() { a.replaced(a.role, a.kill(a.role)) }

// TestKilledAround the times of a schedule, a dispatch, the launch of a gang and a drain:
// whichever service dies at whichever step, all becomes what it is to be, once.
func TestKilledAround(t *testing.T) {
	t.Parallel()
	needDocker(t)
	for _, role := range services {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			a := &around{machine: newMachine(t), tally: tallyContainers(t), role: role, n: first[role]}
			for _, s := range schedules {
				a.part(s.name, func() { a.schedule(s) })
			}
			a.part("a dispatch", a.dispatches)
			a.part("a gang", a.gangs)
			a.part("a drain", a.drains)
			a.part("the deadline of a drain", a.deadlines)
		})
	}
}
