package inprocess_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
)

const latency = 50 * time.Millisecond

// bubble runs f on a cluster in fake time.
func bubble(t *testing.T, opts inprocess.Options, f func(t *testing.T, c *inprocess.Cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, opts)
		defer c.Close()
		f(t, c)
	})
}

func TestTaskLives(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 1, Agents: 2, Latency: latency, Simulate: simulated.Options{StartDelay: time.Second}}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING", "TASK_RUNNING")
		r.kill(o, "a")
		r.expect("a", "TASK_KILLING", "TASK_KILLED")
		r.kill(o, "a")
		if s := r.expect("a", "TASK_GONE"); s.Reason != "REASON_RECONCILIATION" {
			t.Errorf("a kill of what has ended is answered by %+v", s)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// One seed gives one history; another one gives another.
func TestSeedDecides(t *testing.T) {
	history := func(seed uint64) (out []string) {
		bubble(t, inprocess.Options{Seed: seed, Agents: 5, Latency: latency}, func(t *testing.T, c *inprocess.Cluster) {
			r := subscribe(t, c, "launcher", "")
			defer r.end()
			o := r.offer()
			must(t, r.launch(o, "a"))
			r.expect("a", "TASK_STARTING", "TASK_RUNNING")
			time.Sleep(time.Second) // The acknowledgement is on its way.
			must(t, c.Kill(o.Hostname))
			time.Sleep(3 * time.Second)
			must(t, c.Start(o.Hostname))
			time.Sleep(time.Minute)
			r.kill(o, "a")
			r.expect("a", "TASK_KILLING", "TASK_KILLED")
			out = r.history
		})
		return out
	}
	first := history(7)
	if again := history(7); !slices.Equal(first, again) {
		t.Errorf("seed 7 gave\n%v\nand then\n%v", first, again)
	}
	if slices.Equal(first, history(8)) {
		t.Error("seeds 7 and 8 gave the same history")
	}
}

// KILL and ACCEPT are on connections of their own. When KILL is first, the task
// is unknown to the agent: TASK_GONE; and then it runs (1.5, 5.1).
func TestKillOvertakesAccept(t *testing.T) {
	overtaken, orders := 0, map[string]int{}
	for seed := range uint64(20) {
		bubble(t, inprocess.Options{Seed: seed, Agents: 1, Latency: latency}, func(t *testing.T, c *inprocess.Cluster) {
			r := subscribe(t, c, "launcher", "")
			defer r.end()
			o := r.offer()
			accepted := make(chan error, 1)
			go func() { accepted <- r.launch(o, "a") }()
			r.kill(o, "a")
			must(t, <-accepted)
			first := r.next().(mesos.Update).Status
			r.acknowledge(first)
			orders[first.State]++
			if first.State != "TASK_GONE" {
				return
			}
			overtaken++
			r.expect("a", "TASK_STARTING", "TASK_RUNNING")
			time.Sleep(time.Hour)
			must(t, r.sub.Reconcile(t.Context(), []mesos.TaskAgent{{TaskID: "a", AgentID: o.AgentID}}))
			r.expect("a", "TASK_RUNNING")
		})
	}
	if overtaken == 0 || overtaken == 20 {
		t.Errorf("KILL was first under %d of 20 seeds: %v", overtaken, orders)
	}
}

// An agent that is killed and started again has its task.
func TestKilledAgentComesBack(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 2, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING", "TASK_RUNNING")
		add(t, c, fault.Rule{Agent: "host-0", Action: fault.Kill})
		time.Sleep(10 * time.Second)
		r.kill(o, "a")
		add(t, c, fault.Rule{Agent: "host-0", Action: fault.Start})
		r.expect("a", "TASK_KILLING", "TASK_KILLED")
	})
}

func add(t *testing.T, c *inprocess.Cluster, rule fault.Rule) fault.Rule {
	t.Helper()
	r, err := c.Faults().Add(rule)
	must(t, err)
	return r
}

// An agent that is cut off is unreachable when it has missed its pings, and not
// before; its task comes back with it.
func TestPartition(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 3, Agents: 1, Latency: latency, Faults: true}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		defer r.end()
		o := r.offer()
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING", "TASK_RUNNING")
		cut := time.Now()
		rule := add(t, c, fault.Rule{Agent: o.AgentID, Action: fault.Partition})
		r.expect("a", "TASK_UNREACHABLE")
		if d := time.Since(cut); d < 60*time.Second || d > 105*time.Second {
			t.Errorf("given up after %s, want some 5 pings of 15 s", d)
		}
		time.Sleep(time.Hour)
		if !c.Faults().Remove(rule.ID) {
			t.Fatal("the rule is gone")
		}
		r.expect("a", "TASK_RUNNING")
	})
}

// A master that is killed comes back with its registry; agents and framework
// subscribe again.
func TestMasterFailover(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 4, Agents: 3, Latency: latency}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		o := r.offer()
		must(t, r.launch(o, "a"))
		r.expect("a", "TASK_STARTING", "TASK_RUNNING")
		c.KillMaster()
		for range r.sub.Events() { // To its end.
		}
		if err := r.sub.Err(); !errors.Is(err, mesos.ErrDisconnected) {
			t.Errorf("the subscription ended by %v", err)
		}
		r.end()
		must(t, c.StartMaster())
		time.Sleep(5 * time.Second)
		again := subscribe(t, c, "other", r.sub.FrameworkID())
		defer again.end()
		must(t, again.sub.Reconcile(t.Context(), []mesos.TaskAgent{{TaskID: "a", AgentID: o.AgentID}}))
		again.expect("a", "TASK_RUNNING")
	})
}

// What a dead client had sent may arrive; nothing else comes of it.
func TestDeadClient(t *testing.T) {
	bubble(t, inprocess.Options{Seed: 5, Agents: 1, Latency: latency}, func(t *testing.T, c *inprocess.Cluster) {
		r := subscribe(t, c, "launcher", "")
		r.offer()
		r.process.Kill()
		for range r.sub.Events() { // To its end.
		}
		_, err := mesos.NewClient(config(c, r.process))
		must(t, err)
		if err := r.killer.Kill(t.Context(), r.sub.Target(), "a", "b", 0); !errors.Is(err, inprocess.ErrDead) {
			t.Errorf("a dead client's call: %v", err)
		}
		r.end()
	})
}
