package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// limited is a batch job of three tasks that run for ever, bounded in all that can be.
func limited() *job.Spec {
	s := world.Indexed("job", 3, 0)
	delete(s.Tasks[0].Labels, world.LabelRunFor)
	s.TimeLimit, s.KeepFor, s.Tasks[0].TimeLimit = job.Duration(time.Hour), job.Duration(time.Hour), job.Duration(time.Hour)
	return s
}

func selecting(word string) *job.Spec {
	s := world.Service("job", 3)
	s.Tasks[0].KillSelection = word
	return s
}

// TestDecisions: a decision that does not follow from what was folded is noticed.
func TestDecisions(t *testing.T) {
	at := func(slot uint32) []events.SlotRange { return []events.SlotRange{{From: slot, To: slot, Attempt: 1}} }
	dooms := func(class string, slot uint32) events.Event {
		return events.TasksDoomed{Run: 1, Slots: at(slot), Class: class}
	}
	for name, tc := range map[string]struct {
		spec *job.Spec
		// role decides so, before anything of the job was launched if early.
		role  string
		early bool
		ev    events.Event
		want  string
	}{
		"a part of a gang":        {world.Gang("job", 3, 1), "launcher", true, events.TaskStaged{Run: 1, Group: "web", Attempt: 1, TaskID: "t"}, "a part of a gang"},
		"beside nothing":          {world.Neighbour("job", 1, job.OpWithJob, "other"), "launcher", true, events.TaskStaged{Run: 1, Group: "web", Attempt: 1, TaskID: "t"}, "where nothing of other is"},
		"before its group":        {world.Tiers("job", 1, 1), "planner", true, events.TasksPlanned{Run: 1, Version: 1, Group: "front", Slots: at(1)}, "db is not up"},
		"before its job":          {world.Follower("job", "other", 1), "planner", true, events.TasksPlanned{Run: 1, Version: 1, Group: "web", Slots: at(0)}, "other is not up"},
		"ended before what waits": {world.Tiers("job", 1, 1), "planner", false, dooms("stopped", 0), "of group db while"},
		"over its time":           {limited(), "planner", false, dooms("time_limit", 0), "for its time"},
		"a job over its time":     {limited(), "planner", false, events.JobFailed{Run: 1, Reason: "ran longer than its time limit of 1h"}, "for its time"},
		"completed":               {limited(), "planner", false, events.JobCompleted{Run: 1}, "completes"},
		"failed":                  {limited(), "planner", false, events.JobFailed{Run: 1}, "fails"},
		"left out":                {limited(), "planner", false, events.JobExpired{Run: 1}, "out of the lists"},
		"killed for nobody":       {world.Service("job", 3), "planner", false, dooms("killed", 0), "none asked"},
		"the wrong one":           {selecting(""), "planner", false, dooms("scaled_down", 0), "goes first"},
		"beyond the bound":        {world.Service("job", 3), "planner", false, events.TasksDoomed{Run: 1, Slots: []events.SlotRange{{From: 0, To: 2, Attempt: 1}}, Class: "updated"}, "nobody asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.New(world.Options{Agents: 2, KillBound: 2})
			roles := []string{"commander", "planner", "launcher", "reaper"}
			if tc.early {
				roles = roles[:2]
			}
			for _, role := range roles {
				start(w, role, role)
			}
			must(t, w.Submit(tc.spec))
			w.Pass(10 * time.Second)
			if len(w.Violations) > 0 {
				t.Fatal(w.Violations)
			}
			space := w.Options.Space
			subject := map[string]string{"planner": space.Plan("job"), "launcher": space.Task("job", 0)}[tc.role]
			env := events.Envelope{ID: "x", Time: w.Now}
			ev := tc.ev
			if run := w.Referee.Jobs["job"].Run; run != 1 {
				ev = ofRun(ev, run)
			}
			w.Options.Builder = rogue{tc.role, []machine.Effect{machine.Append{Ticket: 1, Drafts: []machine.Draft{machine.Decision(subject, 0, env, ev)}}}}
			start(w, tc.role, "rogue")
			w.Pass(0)
			if got := strings.Join(w.Violations, "\n"); !strings.Contains(got, tc.want) {
				t.Errorf("noticed %q, want %q", got, tc.want)
			}
		})
	}
}

// ofRun is an event about another run than the first.
func ofRun(ev events.Event, run uint64) events.Event {
	switch ev := ev.(type) {
	case events.TaskStaged:
		ev.Run = run
		return ev
	case events.TasksPlanned:
		ev.Run = run
		return ev
	case events.TasksDoomed:
		ev.Run = run
		return ev
	case events.JobFailed:
		ev.Run = run
		return ev
	default:
		return ev
	}
}

// TestBackOffIsKept: what fails is tried again after a while, and a planner that does not wait
// is noticed.
func TestBackOffIsKept(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Crashing("job", 1, time.Second)))
	w.Pass(20 * time.Second)
	failing := w.Referee.Jobs["job"].Slots[0]
	for failing.Newest().Live() || failing.Failures < 2 {
		if w.NextTimer().IsZero() {
			t.Fatal("it never fails")
		}
		w.Do(world.Step{Kind: world.Advance, To: w.NextTimer()})
		for _, p := range w.Processes {
			p.StuckUntil = time.Time{}
			if p.Role == "planner" {
				p.StuckUntil = w.Now.Add(time.Hour)
			}
		}
		w.Settle()
	}
	if len(w.Violations) > 0 {
		t.Fatal(w.Violations)
	}
	env := events.Envelope{ID: "x", Time: w.Now}
	ev := events.TasksPlanned{
		Run: w.Referee.Jobs["job"].Run, Version: 1, Group: "web", Slots: []events.SlotRange{{Attempt: failing.Newest().Attempt + 1}},
	}
	w.Options.Builder = rogue{"planner", []machine.Effect{machine.Append{Ticket: 1, Drafts: []machine.Draft{machine.Decision(w.Options.Space.Plan("job"), 0, env, ev)}}}}
	start(w, "planner", "rogue")
	w.Pass(0)
	if got := strings.Join(w.Violations, "\n"); !strings.Contains(got, "times in a row") {
		t.Errorf("noticed %q", got)
	}
}

// TestReserved: what is reserved is offered to its role alone, and all of an agent can be had.
func TestReserved(t *testing.T) {
	w := world.New(world.Options{Agents: 1, Reserved: offer.Resources{CPUs: 1000, Mem: 1024_000}})
	for _, role := range []string{"commander", "planner", "launcher", "reaper"} {
		start(w, role, role)
	}
	must(t, w.Submit(world.Service("small", 2)))
	w.Pass(time.Minute)
	large := world.Service("large", 2)
	large.Tasks[0].Resources.CPU = 1.5
	must(t, w.Submit(large))
	w.Pass(time.Minute)
	agree(t, w)
	roles := map[string]bool{}
	for _, l := range w.Alive() {
		roles[l.Role] = true
	}
	if !roles[world.Role] {
		t.Errorf("tasks run for %v", roles)
	}
	if m := w.Master.Tasks[0]; m.Launch.Resources == (offer.Resources{}) {
		t.Error("it uses nothing")
	}
}

// TestHealthInTheModel: a task that fails its check is not up, and is killed for it unless it
// recovers.
func TestHealthInTheModel(t *testing.T) {
	for _, recovers := range []bool{true, false} {
		w := whole(1)
		spec := world.Checked(world.Service("job", 1))
		spec.Tasks[0].Labels = map[string]string{world.LabelSickAfter: "5s"}
		if recovers {
			spec.Tasks[0].Labels[world.LabelSickFor] = "20s"
		}
		must(t, w.Submit(spec))
		w.Pass(5 * time.Second)
		first := current(w, "job", 0)
		if first.UpSince.IsZero() {
			t.Fatal("it is never up")
		}
		w.Pass(3 * time.Second)
		if !first.Unhealthy() || !first.UpSince.IsZero() {
			t.Error("it fails its check, and is up")
		}
		w.Pass(20 * time.Second)
		if recovers != (current(w, "job", 0) == first) {
			t.Errorf("recovers %t, and attempt %d runs", recovers, current(w, "job", 0).Attempt)
		}
	}
}
