package foresight

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// teller keeps what is told of a run.
type teller struct {
	start  time.Time
	steps  []Step
	untold int
	groups map[groupKey]*tally
	up     map[*cluster.Task]bool
	// hosts are where the last task of a slot was.
	hosts map[slotKey]string
	whys  map[groupKey]string
	// tells chooses the jobs that are told of; nil is all.
	tells func(job string) bool
}

type groupKey struct{ job, group string }

type slotKey struct {
	job  string
	slot uint32
}

// tally counts the tasks of a group that are up.
type tally struct {
	before, now, lowest int
	touched             bool
}

func newTeller(s *cluster.State, now time.Time) *teller {
	t := &teller{
		start: now, groups: map[groupKey]*tally{}, up: map[*cluster.Task]bool{}, hosts: map[slotKey]string{}, whys: map[groupKey]string{},
	}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, task := range slot.Tasks {
				t.look(task)
				t.place(task)
			}
		}
	}
	for _, g := range t.groups {
		g.before, g.lowest, g.touched = g.now, g.now, false
	}
	return t
}

// up reports whether a task runs, can be reached, and is not known to be unhealthy.
func up(t *cluster.Task) bool {
	return t.State == cluster.Running && !t.Unreachable && (t.Healthy == nil || *t.Healthy)
}

// look counts a task again.
func (t *teller) look(task *cluster.Task) {
	k := groupKey{task.Job, task.Group}
	g := t.groups[k]
	if g == nil {
		g = &tally{}
		t.groups[k] = g
	}
	g.touched = true
	switch was := t.up[task]; {
	case up(task) && !was:
		t.up[task] = true
		g.now++
	case !up(task) && was:
		delete(t.up, task)
		g.now--
		g.lowest = min(g.lowest, g.now)
	}
}

func (t *teller) place(task *cluster.Task) {
	if task.Hostname != "" {
		t.hosts[slotKey{task.Job, task.Slot}] = task.Hostname
	}
}

func (t *teller) tell(now time.Time, s Step) {
	if t.tells != nil && !t.tells(s.Job) {
		return
	}
	if len(t.steps) == StepsMax {
		t.untold++
		return
	}
	s.After = now.Sub(t.start)
	t.steps = append(t.steps, s)
}

// folded follows a record.
func (t *teller) folded(now time.Time, r *cluster.Record, c cluster.Change) {
	if c.Judgement != cluster.Counted {
		return
	}
	for _, task := range c.Tasks {
		t.look(task)
	}
	job := r.Subject.Job
	switch ev := r.Event.(type) {
	case events.TaskStaged:
		t.staged(now, job, ev)
	case events.TasksDoomed:
		t.doomed(now, c, ev)
	case events.TaskStatusChanged:
		if ev.State == "TASK_UNREACHABLE" && len(c.Tasks) == 1 {
			task := c.Tasks[0]
			t.tell(now, Step{Kind: Cut, Job: job, Group: task.Group, Slot: task.Slot, Attempt: task.Attempt, From: task.Hostname})
		}
	default:
		if r.Subject.Role == events.RolePlan {
			if _, plans := ev.(events.TasksPlanned); !plans {
				t.tell(now, Step{Kind: Says, Job: job, Event: ev, Reason: saying(ev)})
			}
		}
	}
}

// saying is what the planner decided about a job, in words.
func saying(ev events.Event) string {
	switch ev := ev.(type) {
	case events.JobCompleted:
		return "it is completed"
	case events.JobFailed:
		return "it has failed: " + ev.Reason
	case events.RolloutEnded:
		text := fmt.Sprintf("the rollout of version %d %s", ev.Version, ev.Outcome)
		if ev.Reason != "" {
			text += ": " + ev.Reason
		}
		return text
	case events.RolloutReverted:
		return fmt.Sprintf("version %d is rolled back to %d: %s", ev.Version, ev.To, ev.Reason)
	case events.RunDue:
		return runDue(ev)
	case events.JobExpired:
		return "it is left out of the lists"
	default:
		return ""
	}
}

// runDue is what becomes of a time of a schedule, in words.
func runDue(ev events.RunDue) string {
	text := "a run that is due "
	switch ev.Outcome {
	case events.RunStarted:
		return text + "begins"
	case events.RunHeld:
		text += "is held back"
	default:
		text += "is " + ev.Outcome
	}
	if ev.Reason != "" {
		text += ": " + ev.Reason
	}
	return text
}

func (t *teller) staged(now time.Time, job string, ev events.TaskStaged) {
	k := slotKey{job, ev.Slot}
	s := Step{Kind: Starts, Job: job, Group: ev.Group, Slot: ev.Slot, Attempt: ev.Attempt, From: t.hosts[k], To: ev.Hostname}
	switch s.From {
	case "":
	case s.To:
		s.Kind = Restarts
	default:
		s.Kind = Moves
	}
	t.hosts[k] = ev.Hostname
	t.tell(now, s)
}

func (t *teller) doomed(now time.Time, c cluster.Change, ev events.TasksDoomed) {
	for n, attempt := range ranges.All(ev.Slots) {
		s := Step{Kind: Ends, Job: c.Job.ID, Slot: n, Attempt: attempt, Reason: ev.Reason}
		if slot := c.Job.Slots[n]; slot != nil {
			if task := slot.Find(ev.Run, attempt); task != nil {
				s.Group, s.From = task.Group, task.Hostname
			}
		}
		t.tell(now, s)
	}
}

// verdict follows why tasks of a group wait. That nobody offers any more is no news
// after what was lacking on those that did.
func (t *teller) verdict(now time.Time, job string, ev events.VerdictChanged) {
	k := groupKey{job, ev.Group}
	if t.whys[k] != "" && ev.Offers == 0 {
		return
	}
	if t.whys[k] != ev.Summary {
		t.whys[k] = ev.Summary
		t.tell(now, Step{Kind: Waits, Job: job, Group: ev.Group, Reason: ev.Summary})
	}
}

func last(s Step) int {
	if s.Kind == Waits {
		return 1
	}
	return 0
}

// answer is what is told of a run that came to a state.
func (t *teller) answer(s *cluster.State) Answer {
	a := Answer{Steps: t.steps, Untold: t.untold}
	slices.SortStableFunc(a.Steps, func(x, y Step) int { // Who waits is told after who found a place.
		return cmp.Or(cmp.Compare(x.After, y.After), cmp.Compare(last(x), last(y)))
	})
	waiting := map[groupKey]int{}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, task := range slot.Tasks {
				if task.State == cluster.Waiting && task.Doom == nil {
					waiting[groupKey{j.ID, task.Group}]++
				}
			}
		}
	}
	for k, n := range waiting {
		if t.groups[k] == nil {
			t.groups[k] = &tally{touched: n > 0}
		}
	}
	for k, g := range t.groups {
		if !g.touched && waiting[k] == 0 || t.tells != nil && !t.tells(k.job) {
			continue
		}
		one := Group{Job: k.job, Group: k.group, Before: g.before, Lowest: g.lowest, After: g.now, Waiting: waiting[k]}
		if one.Waiting > 0 {
			one.Reason = t.whys[k]
		}
		if j := s.Jobs[k.job]; j != nil && !j.Over() {
			if spec := j.Group(k.group); spec != nil {
				one.Wanted = spec.Replicas
				if j.Spec.Series() {
					one.Wanted = 0 // Nothing of it runs itself.
				}
			}
		}
		a.Groups = append(a.Groups, one)
	}
	slices.SortFunc(a.Groups, func(x, y Group) int { return cmp.Or(cmp.Compare(x.Job, y.Job), cmp.Compare(x.Group, y.Group)) })
	return a
}
