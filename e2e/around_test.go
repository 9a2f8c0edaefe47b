package e2e_test

import (
	"slices"
	"strconv"
	"testing"
)

// services are those that fold the log, everyOne stands for all of them.
var services = []string{"api", "planner", "launcher", "reaper"}

const everyOne = "services"

// around is a machine on which a role is killed again and again.
type around struct {
	*machine
	*tally
	// role is one of the services, or everyOne for all of them at once.
	role string
	// n counts the moments.
	n int
}

// moment reports whether the next moment is tried, and gives the job of it a name.
func (a *around) moment(kind string) (job string, tried bool) {
	a.n++
	return a.job(kind, a.role, strconv.Itoa(a.n)), *everyStep || a.n > 0 && a.n%27 == 0
}

// first is where the count of moments begins by role, so that of the few that are always
// tried one is a dispatch, one a time of a schedule, two are a gang and one is a drain.
var first = map[string]int{"api": 7, "planner": 25, "launcher": -2, "reaper": -10}

// roles are those that are killed.
func (a *around) roles() []string {
	if a.role == everyOne {
		return services
	}
	return []string{a.role}
}

// killed kills the role, and waits until another process has it.
func (a *around) killed() {
	pids := map[string]int{}
	for _, role := range a.roles() {
		pids[role] = a.kill(role)
	}
	for role, pid := range pids {
		a.replaced(role, pid)
	}
}

// TestKilledAround the times of a schedule, a dispatch, the launch of a gang and a drain:
// whichever service dies at whichever step, all becomes what it is to be, once.
func TestKilledAround(t *testing.T) {
	t.Parallel()
	needDocker(t)
	roles := services
	if *everyStep {
		roles = append(slices.Clip(services), everyOne)
	}
	for _, role := range roles {
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
