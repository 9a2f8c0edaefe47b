package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/world"
)

// bound draws how many tasks a minute planners may end that nobody asked them to.
func bound(r *Run) uint32 {
	if r.rng.IntN(2) == 0 {
		return 0
	}
	return uint32(3 + r.rng.IntN(6))
}

// reserved draws what each agent reserves for a role.
func reserved(r *Run) offer.Resources {
	if r.rng.IntN(2) == 0 {
		return offer.Resources{}
	}
	return offer.Resources{CPUs: 1000, Mem: 1024_000}
}

// submitWork submits a batch job that is more than some tasks which end: a gang, one with
// limits, one of which a part is enough, one with indexes.
func (r *Run) submitWork() {
	switch r.rng.IntN(4) {
	case 0:
		gang := world.Gang("gang", 3, 1.5)
		if r.rng.IntN(2) == 0 {
			gang = world.Gang("gang", 6, 1)
		}
		gang.Tasks[0].Labels[world.LabelFailures] = fmt.Sprint(r.rng.IntN(2))
		r.ask("gang", submit(gang))
	case 1:
		r.ask("timed", submit(r.timed()))
	case 2:
		some := world.Indexed("part", 4, 0)
		some.Success = []job.Success{job.SuccessAny, 2, 3}[r.rng.IntN(3)]
		some.Tasks[0].Labels[world.LabelFailFrom] = fmt.Sprint(r.rng.IntN(4))
		some.Tasks[0].Labels[world.LabelRunFor], some.Tasks[0].Labels[world.LabelStagger] = "2s", "3s"
		r.ask("part", submit(r.keeping(r.kept(some))))
	case 3:
		r.ask("indexed", submit(r.keeping(r.kept(world.Indexed("indexed", r.some(), uint32(r.rng.IntN(4)))))))
	}
}

// timed is a batch job that does not end in time, by its tasks' limit or by its own.
func (r *Run) timed() *job.Spec {
	s := world.Batch("timed")
	s.Tasks[0].Restart = &job.Restart{Attempts: uint32(1 + r.rng.IntN(3))}
	delete(s.Tasks[0].Labels, world.LabelRunFor)
	limit := job.Duration(5*time.Second + r.upTo(25*time.Second))
	switch r.rng.IntN(3) {
	case 0:
		s.TimeLimit = limit
	case 1:
		s.TimeLimit = 3 * limit
		s.Tasks[0].TimeLimit = limit
	case 2:
		s.Tasks[0].TimeLimit = limit
	}
	return r.kept(s)
}

// kept has a batch job be listed after its end for a while only, or not.
func (r *Run) kept(s *job.Spec) *job.Spec {
	if r.rng.IntN(2) == 0 {
		s.KeepFor = job.Duration(time.Second + r.upTo(90*time.Second))
	}
	return s
}

// submitOrdered submits a service that waits for others, or has others near it.
func (r *Run) submitOrdered() {
	switch r.rng.IntN(5) {
	case 0, 1:
		tiers := world.Tiers("tiers", 1+r.some()%2, 2)
		if r.rng.IntN(2) == 0 {
			tiers.Tasks[0].Labels = map[string]string{world.LabelSickAfter: "5s", world.LabelSickFor: "20s"}
		}
		r.ask("tiers", submit(tiers))
	case 2:
		r.ask("follower", submit(world.Follower("follower", []string{"tiers", "tiers", "work"}[r.rng.IntN(3)], 1)))
	case 3:
		r.ask("near", submit(world.Neighbour("near", 2, job.OpWithJob, "steady")))
	case 4:
		r.ask("apart", submit(world.Neighbour("apart", 2, job.OpWithoutJob, "moving")))
	}
}

// stopWork stops a job that submitWork or submitOrdered has submitted.
func (r *Run) stopWork() {
	id := []string{"gang", "timed", "part", "indexed", "tiers", "tiers", "follower", "near", "apart"}[r.rng.IntN(9)]
	r.ask(id, submission.Stop{})
}

// killTasks has a user want tasks killed that run, or gone.
func (r *Run) killTasks() {
	id := []string{"steady", "moving", "tiers", "indexed"}[r.rng.IntN(4)]
	c := submission.Kill{Reason: "a test"}
	switch r.rng.IntN(4) {
	case 0:
		c.Slots = []uint32{r.some() - 1}
	case 1:
		if j := r.World.Referee.Jobs[id]; j != nil && j.Spec != nil {
			c.Group = j.Spec.Tasks[0].Name
		}
	case 2:
		id = []string{"steady", "moving"}[r.rng.IntN(2)]
		c.Slots, c.ScaleDown, c.Limits = []uint32{r.some() - 1}, true, job.DefaultLimits()
	}
	r.ask(id, c)
}

// selection draws which tasks go when a service is scaled down.
func (r *Run) selection() string {
	return []string{"", job.KillHighestSlot, job.KillNewest, job.KillOldest, job.KillUnhealthy}[r.rng.IntN(5)]
}

// checks has a group's tasks checked, or not: they may come to fail their checks, for a while or
// until they are killed for it.
func (r *Run) checks(s *job.Spec) {
	if r.rng.IntN(3) > 0 {
		return
	}
	world.Checked(s)
	labels := s.Tasks[0].Labels
	if r.rng.IntN(2) == 0 || labels != nil {
		return
	}
	s.Tasks[0].Labels = map[string]string{world.LabelSickAfter: "3s"}
	if r.rng.IntN(2) == 0 {
		s.Tasks[0].Labels[world.LabelSickFor] = "20s"
	}
}

// rest has users bring to rest what may wait for ever, for room beside others or away from them. Of
// what waits for another, that is there.
func (r *Run) rest() {
	by := r.names["commander"][0]
	r.World.Ask(by, "apart", submission.Stop{})
	r.World.Ask(by, "near", submission.Stop{})
	if j := r.World.Referee.Jobs["follower"]; j != nil && !j.Over() {
		tiers := r.World.Referee.Jobs["tiers"]
		if j.Spec.After[0] == "work" || tiers != nil && tiers.Over() { // One that is not quite over is not submitted again.
			r.World.Ask(by, "follower", submission.Stop{})
			return
		}
		r.World.Ask(by, "tiers", updating(world.Tiers("tiers", 1, 2)))
	}
}

// watch drives for a while in the calm, and looks again and again for what is overdue.
func (r *Run) watch(calm time.Time, d time.Duration) (wrong []string) {
	const every = 30 * time.Second
	for end := r.World.Now.Add(d); len(wrong) == 0 && r.World.Now.Before(end); {
		next := r.World.Now.Add(every)
		if next.After(end) {
			next = end
		}
		r.drive(next, false)
		wrong = slices.Concat(r.World.Violations, r.World.Overdue(calm))
	}
	return wrong
}
