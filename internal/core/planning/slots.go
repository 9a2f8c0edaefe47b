package planning

import (
	"cmp"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// slots are those of a job, in order of number. They are put in order once for
// each decision: a large job is looked at for every status of its tasks.
type slots struct {
	job *cluster.Job
	// agents are what is planned with agents, nil if tasks are to leave none.
	agents *cluster.Agents
	now    time.Time
	// hearing tells what time counts: while nobody listens, nothing is heard of what came
	// up and what has ended.
	hearing *cluster.Hearing
	// policy is how the job is rolled out; zero if it never was.
	policy job.Rollout
	all    []*cluster.Slot
	// held are the slots that a group holds in this run: those whose standing
	// task belongs to it and is not doomed, or is to be followed by another, but for those
	// that a user wanted gone. Those that are wanted come first.
	held map[string][]*cluster.Slot
	// alive are the tasks of each group that live, while a rollout is under way.
	alive map[string]int
	// behind reports whether a task is ahead of the log, superseded whether one of a
	// newer run than the job's is: that run is not wanted any more, so nothing of it is
	// planned.
	behind, superseded bool
	// waiting reports whether a group is not started yet, as it comes after others.
	waiting bool
	// permit is what may be started anew; forbidden reports whether a rollout and moves take
	// no step, as nothing would be in the place of what they end.
	permit    permit
	forbidden bool
	// kills is what may be doomed that nobody asked for; nil is any number.
	kills *killBudget
	// wake is when time alone will change what was found so far.
	wake time.Time
}

func slotsOf(around Around, j *cluster.Job, now time.Time) *slots {
	s := &slots{job: j, now: now, hearing: hearingOf(around), all: inOrder(j), held: map[string][]*cluster.Slot{}}
	s.permit = permit{around: around, job: j}
	if around != nil && around.AgentPlans().Leaving() {
		s.agents = around.AgentPlans()
	}
	if (j.Rollout.Began != 0 || s.agents != nil) && j.Spec != nil {
		s.policy = j.Spec.RolloutPolicy()
	}
	for _, slot := range s.all {
		if t := j.Standing(slot); t != nil && t.Run == j.Run && (t.Doom == nil || t.Doom.Keep) && slot.Dismissed(t) == nil {
			s.held[t.Group] = append(s.held[t.Group], slot)
		}
		for _, t := range slot.Tasks {
			if j.Ahead(t) {
				s.behind, s.superseded = true, s.superseded || t.Run > j.Run
			}
		}
	}
	s.selectAll()
	return s
}

// hearingOf is what is known of when somebody listened; of a job that is alone, always.
func hearingOf(around Around) *cluster.Hearing {
	if around == nil {
		return &cluster.Hearing{}
	}
	return around.Hears()
}

// sparse is how many numbers there may be for each slot before sorting is
// cheaper than counting.
const sparse = 4

// inOrder lists the slots by number. Numbers are given out without gaps, so
// there is nothing to sort, unless a task was adopted with a number of its own.
func inOrder(j *cluster.Job) []*cluster.Slot {
	end := 0
	for n := range j.Slots {
		end = max(end, int(n)+1)
	}
	if end > sparse*len(j.Slots) {
		all := make([]*cluster.Slot, 0, len(j.Slots))
		for _, slot := range j.Slots {
			all = append(all, slot)
		}
		slices.SortFunc(all, func(a, b *cluster.Slot) int { return cmp.Compare(a.Number, b.Number) })
		return all
	}
	all := make([]*cluster.Slot, end)
	for n, slot := range j.Slots {
		all[n] = slot
	}
	return slices.DeleteFunc(all, func(slot *cluster.Slot) bool { return slot == nil })
}
