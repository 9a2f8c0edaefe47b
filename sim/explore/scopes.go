package explore

import (
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// single is one slot and one launcher, with so many faults of any kind.
func single(faults int) Scope {
	s := Scope{Name: "one slot", Replicas: 1, Launchers: 1, Agents: 1, Places: 1, Faults: faults}
	s.any()
	return s
}

// pair is one slot and two launchers.
func pair(faults int) Scope {
	s := single(faults)
	s.Name, s.Launchers = "one slot, two launchers", 2
	s.Most[Usurped] = 1
	return s
}

// square is two slots on two agents.
func square(faults int) Scope {
	s := single(faults)
	s.Name, s.Replicas, s.Agents, s.Places = "two slots, two agents", 2, 2, 2
	s.ScaleTo = []uint32{1, 2}
	s.Most[Scale] = 2
	return s
}

// rescaled is one slot that users do without, and want again.
func rescaled(faults int) Scope {
	s := single(faults)
	s.Name, s.ScaleTo = "one slot, scaled", []uint32{0, 1}
	s.Most[Scale] = 2
	return s
}

// updated is one slot whose task users want to be another, twice: beside the old one, or
// in its place.
func updated(faults int, beside bool) Scope {
	s := single(faults)
	s.Name, s.Images, s.Unavailable = "one slot, updated in its place", []string{"y", "x"}, 1
	if beside {
		s.Name, s.Places, s.Surge, s.Unavailable = "one slot, updated beside", 2, 1, 0
	}
	s.Most[Update] = 2
	return s
}

// periodic is a job of which two runs come due, and two planners.
func periodic(faults int, overlap, missed string) Scope {
	s := single(faults)
	s.Name = "two planners, a schedule, " + overlap + ", " + missed
	s.Planners, s.Places, s.RunFor = 1, 3, 20*time.Second
	s.Times = []time.Duration{30 * time.Second, time.Minute}
	s.Schedule = job.Schedule{Overlap: overlap, Missed: missed, StartDeadline: job.Duration(20 * time.Second)}
	return s
}

// pausedSchedule is one that users pause, and resume.
func pausedSchedule() Scope {
	s := periodic(2, job.OverlapForbid, job.MissedNone).inOrder(Steer, Steer)
	s.Name = "a schedule that is paused"
	s.Steers = []submission.Command{
		submission.SteerSchedule{Action: events.SchedulePause}, submission.SteerSchedule{Action: events.ScheduleResume},
	}
	return s
}

// drained is one slot on one of two agents, of which the one that the task is on is
// drained: another task is put beside it, or in its place.
func drained(faults int, beside bool) Scope {
	s := spacious(faults)
	s.Name, s.Unavailable = "one slot, drained in its place", 1
	if beside {
		s.Name, s.Surge, s.Unavailable = "one slot, drained beside", 1, 0
	}
	s.Asks = []Action{{verb: drain}}
	s.Most[Restore] = 1
	return s
}

// updatedTwo is two slots that are updated to one image after the other. With a surge new
// tasks are put beside the old ones.
func updatedTwo(faults int, beside bool, images ...string) Scope {
	s := single(faults)
	s.Name, s.Replicas, s.Places, s.Unavailable = "two slots, updated in place", 2, 2, 1
	if beside {
		s.Name, s.Places, s.Surge, s.Unavailable = "two slots, updated beside", 4, 1, 0
	}
	if images == nil {
		images = []string{"y"}
	}
	s.Images = images
	for range images {
		s.Asks = append(s.Asks, Action{verb: update})
	}
	return s
}

// rolledBack is updatedTwo to images of which the last does not come up: so that goes back.
func rolledBack(faults int, beside bool, images ...string) Scope {
	s := updatedTwo(faults, beside, images...)
	s.Name += ", rolled back"
	s.Rollout = job.Rollout{AutoRollback: true, ProgressDeadline: job.Duration(4 * time.Second)}
	return s
}

// canary is two slots of which one is updated first, and the other when a user says so.
func canary(faults int) Scope {
	s := single(faults)
	s.Name, s.Replicas, s.Places, s.Surge = "two slots, a canary", 2, 3, 1
	s.Images, s.Rollout.Canary = []string{"y"}, 1
	s.Steers = []submission.Command{submission.Steer{Action: events.RolloutPromote}}
	s.Asks = []Action{{verb: update}, {verb: steer}}
	return s
}

// steered is two slots that are updated, of which users steer the rollout at any time.
func steered(actions ...string) Scope {
	s := single(0)
	s.Name, s.Replicas, s.Places, s.Surge, s.Images = "two slots, steered:", 2, 3, 1, []string{"y"}
	faults := []Fault{Update}
	for _, action := range actions {
		s.Name += " " + action
		s.Steers = append(s.Steers, submission.Steer{Action: action})
		faults = append(faults, Steer)
	}
	return s.inOrder(faults...)
}

// kept is one slot on two agents, of which the one that the task is on is cut off once all is
// as wanted: if that takes long, another task is put in its place. If the first comes back in time,
// it goes on.
func kept(faults int) Scope {
	s := spacious(faults)
	s.Name, s.Asks = "one slot, an original that is kept", []Action{{verb: lostAgent}}
	s.Most[Away] = 0
	s.Unreachable = &job.Unreachable{
		ReplaceAfter: job.Patience(time.Minute), Keep: job.KeepOriginal, GiveUpAfter: job.Patience(3 * time.Minute),
	}
	return s
}

// keptBatch is kept of a job that is over once its work is done. That its agent is cut off, at
// any time, is a fault, and another follows it.
func keptBatch(then Fault) Scope {
	s := kept(0).inOrder(Away, then)
	s.Name, s.Batch, s.RunFor, s.Asks = "a batch, an original that is kept, "+then.String(), true, 2*time.Minute, nil
	return s
}

// ruled is one slot under a policy that becomes stricter at some time, and at a later one lets
// all be again.
func ruled(faults int) Scope {
	s := single(faults)
	s.Name, s.Policies = "one slot, a policy", []string{shut, open}
	s.Most[Rule] = 2
	return s
}

// ruledUpdate is a rollout that the policy forbids, and then does not.
func ruledUpdate() Scope {
	s := single(0)
	s.Name, s.Replicas, s.Places, s.Surge, s.Images = "two slots, updated under a policy", 2, 3, 1, []string{"y"}
	s.Policies = []string{shut, open}
	return s.inOrder(Update, Rule, Rule)
}

// any allows all faults but those of users and of several launchers.
func (s *Scope) any() {
	for _, f := range []Fault{Lost, Unanswered, Late, Stuck, Blind, Down, Cut, Away, Fails, Stop} {
		s.Most[f] = 2
	}
	s.Most[Stop], s.Most[Away] = 1, 1
}

// only allows these faults, each so often.
func (s Scope) only(times int, faults ...Fault) Scope {
	s.Most = [kinds]int{}
	for _, f := range faults {
		s.Most[f] = times
	}
	return s
}

// with allows another fault, so often.
func (s Scope) with(f Fault, times int) Scope {
	s.Most[f] = times
	return s
}

// inOrder allows these faults only, each in its turn.
func (s Scope) inOrder(faults ...Fault) Scope {
	s.Most, s.Order, s.Faults = [kinds]int{}, faults, len(faults)
	for _, f := range faults {
		s.Most[f]++
	}
	return s
}

// spacious is one slot on one of two agents: there are more offers than needed.
func spacious(faults int) Scope {
	s := single(faults)
	s.Name, s.Agents = "one slot, two agents", 2
	return s
}

// bounded bounds the steps of a run: without a rule it may have no end.
func (s Scope) bounded() Scope {
	s.Depth = 500
	return s
}

// alone has one planner.
func (s Scope) alone() Scope {
	s.Name, s.Planners = strings.TrimPrefix(s.Name, "two planners, "), 0
	return s
}

func (s Scope) named(name string) Scope {
	s.Name = name
	return s
}
