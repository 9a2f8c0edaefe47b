package inprocess_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
)

// What goes wrong with an ACCEPT, and what is seen of it: the launcher's error
// and the task's first state.
func TestCallFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   fault.Rule
		broken bool   // the connection, at once
		state  string // that reconciliation tells: the last one forwarded, which waits for its acknowledgement
	}{
		{"none", fault.Rule{Call: "DECLINE", Action: fault.LoseBefore}, false, "TASK_STARTING"},
		{"delay", fault.Rule{Call: "ACCEPT", Action: fault.Delay, For: fault.Duration(3 * time.Second)}, false, "TASK_STARTING"},
		{"lost before its effect", fault.Rule{Call: "ACCEPT", Action: fault.LoseBefore}, true, "TASK_GONE"},
		{"lost after its effect", fault.Rule{Call: "*", Action: fault.LoseAfter, Times: 1}, true, "TASK_STARTING"},
		{"another connection", fault.Rule{Call: "ACCEPT", Connection: "reaper.*", Action: fault.LoseBefore}, false, "TASK_STARTING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, inprocess.Options{Seed: 1, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, cl *inprocess.Cluster) {
				r := subscribe(t, cl, "launcher", "")
				defer r.end()
				o := r.offer()
				add(t, cl, c.rule)
				began := time.Now()
				err := r.launch(o, "a")
				if broken(err) != c.broken || err != nil && !c.broken {
					t.Errorf("ACCEPT returned %v", err)
				}
				if took := time.Since(began); c.rule.Action == fault.Delay && took < 3*time.Second {
					t.Errorf("the delayed call took %s", took)
				}
				time.Sleep(time.Minute)
				must(t, r.sub.Reconcile(t.Context(), []mesos.TaskAgent{{TaskID: "a", AgentID: o.AgentID}}))
				r.finally("a", c.state)
			})
		})
	}
}

// finally waits for what reconciliation says of a task.
func (r *rig) finally(id, state string) {
	r.t.Helper()
	for {
		u, ok := r.next().(mesos.Update)
		if !ok || u.Status.TaskID != id {
			continue
		}
		r.acknowledge(u.Status)
		if u.Status.Reason != "REASON_RECONCILIATION" {
			continue
		}
		if u.Status.State != state {
			r.t.Errorf("%s is %s in the end, want %s", id, u.Status.State, state)
		}
		return
	}
}

// A lost 202: the call had its effect, and its caller waits until it gives up.
func TestLostAnswer(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 1, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		add(t, c, fault.Rule{Call: "ACCEPT", Action: fault.LoseAnswer, Times: 1})
		began := time.Now()
		if err := r.launch(o, "a"); err == nil || time.Since(began) < mesos.DefaultCallTimeout {
			t.Errorf("ACCEPT returned %v after %s", err, time.Since(began))
		}
		r.expect("a", "TASK_STARTING", "TASK_STARTING", "TASK_RUNNING") // Resent after 10 s.
	})
}

// An ACCEPT that a KILL overtakes by rule, whatever the seed.
func TestReorder(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 1, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		add(t, c, fault.Rule{Call: "ACCEPT", Action: fault.Reorder, After: "KILL", Times: 1})
		accepted := make(chan error, 1)
		go func() { accepted <- r.launch(o, "a") }()
		time.Sleep(time.Second)
		r.kill(o, "a")
		must(t, <-accepted)
		r.expect("a", "TASK_GONE", "TASK_STARTING", "TASK_RUNNING")
	})
}

// An ACCEPT that nothing overtakes goes on by itself.
func TestReorderEnds(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 1, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		add(t, c, fault.Rule{Call: "ACCEPT", Action: fault.Reorder, After: "KILL", For: fault.Duration(5 * time.Second)})
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING", "TASK_RUNNING")
	})
}

// Events that are dropped come again when their agent resends them; duplicates
// and late ones come as they are.
func TestEventFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   fault.Rule
		states []string
		least  time.Duration
	}{
		{"drop", fault.Rule{Event: "UPDATE", Action: fault.Drop, Times: 1}, []string{"TASK_STARTING", "TASK_RUNNING"}, 10 * time.Second},
		{"duplicate", fault.Rule{Event: "UPDATE", Action: fault.Duplicate, Times: 1}, []string{"TASK_STARTING", "TASK_STARTING", "TASK_RUNNING"}, 0},
		{"delay", fault.Rule{Event: "UPDATE", Action: fault.Delay, For: fault.Duration(4 * time.Second), Times: 1}, []string{"TASK_STARTING", "TASK_RUNNING"}, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, inprocess.Options{Seed: 1, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, cl *inprocess.Cluster) {
				r := subscribe(t, cl, "launcher", "")
				defer r.end()
				o := r.offer()
				add(t, cl, c.rule)
				must(t, r.launch(o, "a"))
				began := time.Now()
				r.expect("a", c.states...)
				if took := time.Since(began); took < c.least || took > c.least+5*time.Second {
					t.Errorf("it took %s, want %s and a little", took, c.least)
				}
			})
		})
	}
}

// An agent that is slow is slow both ways.
func TestSlowAgent(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 1, Agents: 1, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		add(t, c, fault.Rule{Agent: "host-*", Action: fault.Slow, For: fault.Duration(2 * time.Second)})
		began := time.Now()
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING")
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("a task of a slow agent was TASK_STARTING after %s", took)
		}
	})
}
