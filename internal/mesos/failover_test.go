package mesos_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/zktest"
)

// electable is a master that can be stopped.
func electable(t *testing.T, at election.Address) (stop func()) {
	t.Helper()
	m, err := master.New(master.Options{
		WorkDir: t.TempDir(), AllocationInterval: 20 * time.Millisecond, Election: &at, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(cancel)
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// subscribeAgain subscribes as soon as some master leads.
func (c *cluster) subscribeAgain(t *testing.T, id string) *mesos.Subscription {
	t.Helper()
	for {
		s, err := c.client.Subscribe(t.Context(), mesos.Framework{
			ID: id, Name: "taurus", User: "root", Roles: []string{"r"}, FailoverTimeout: time.Hour, Checkpoint: true,
		})
		if err == nil {
			t.Cleanup(s.Close)
			return s
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// The leading master goes away: the subscription ends, the next one is with the
// other master and has the same id, and reconciliation finds the task, once its
// agent has come over.
func TestMasterFailoverOverZooKeeper(t *testing.T) {
	zk := zktest.Start(t)
	at := election.Address{Servers: []string{zk.Addr}, Path: "/mesos"}
	stop := electable(t, at)
	resources, err := resource.Parse("cpus:2;mem:512;ports:[31000-31009]")
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Election: &at, WorkDir: filepath.Join(t.TempDir(), "agent"), Resources: resources, Executor: agent.Process,
		Backoff: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, a.Run)
	c := &cluster{cfg: mesos.Config{Master: "zk://" + zk.Addr + "/mesos", Log: zerolog.Nop()}}
	if c.client, err = mesos.NewClient(c.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	s := c.subscribeAgain(t, "")
	stopOther := electable(t, at)
	defer stopOther()
	o := accept(t, s, "exec sleep 600")
	state(t, s, "TASK_RUNNING")

	stop()
	for range s.Events() {
	}
	again := c.subscribeAgain(t, s.FrameworkID())
	if again.FrameworkID() != s.FrameworkID() || again.MasterID() == s.MasterID() || again.Master() == s.Master() {
		t.Errorf("after %s at %s of %s: %s at %s of %s", s.FrameworkID(), s.Master(), s.MasterID(),
			again.FrameworkID(), again.Master(), again.MasterID())
	}
	if back := await[mesos.Offers](t, again).Offers[0]; back.AgentID != o.AgentID {
		t.Errorf("agent %s came back as %s", o.AgentID, back.AgentID)
	}
	if err := again.Reconcile(t.Context(), []mesos.TaskAgent{{TaskID: "t1", AgentID: o.AgentID}}); err != nil {
		t.Fatal(err)
	}
	// An acknowledgement may have been lost with the old leader: then the update
	// comes again.
	for state(t, again, "TASK_RUNNING").Reason != "REASON_RECONCILIATION" {
	}
	k, err := mesos.NewKiller(c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Kill(t.Context(), again.Target(), "t1", o.AgentID, 0); err != nil {
		t.Fatal(err)
	}
	state(t, again, "TASK_KILLED")
}
