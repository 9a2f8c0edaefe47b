package mesos_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
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

// electable is a master that can be stopped. It wants to know who its frameworks
// are.
func electable(t *testing.T, at election.Address) (addr string, stop func()) {
	t.Helper()
	m, err := master.New(master.Options{
		WorkDir: t.TempDir(), AllocationInterval: 20 * time.Millisecond, Election: &at, Log: zerolog.Nop(),
		AuthenticateFrameworks: true, Credentials: map[string]string{"taurus": "s3cret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(cancel)
	return m.Addr(), func() {
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
	_, stop := electable(t, at)
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
	c := &cluster{cfg: mesos.Config{Master: "zk://" + zk.Addr + "/mesos", Principal: "taurus", Secret: "s3cret", Log: zerolog.Nop()}}
	if c.client, err = mesos.NewClient(c.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	s := c.subscribeAgain(t, "")
	_, stopOther := electable(t, at)
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

// Masters that are named redirect to each other, and to a stranger nothing leads,
// though he stands in ZooKeeper's place in the log.
func TestRedirectsFollowTheLeader(t *testing.T) {
	zk := zktest.Start(t)
	at := election.Address{Servers: []string{zk.Addr}, Path: "/mesos"}
	first, stop := electable(t, at)
	config := func(masters, hosts string) mesos.Config {
		return mesos.Config{Master: masters, Hosts: hosts, Principal: "taurus", Secret: "s3cret", Log: zerolog.Nop()}
	}
	c := &cluster{cfg: config("zk://"+zk.Addr+"/mesos", "")}
	c.connect(t)
	s := c.subscribeAgain(t, "")
	second, stopSecond := electable(t, at)
	defer stopSecond()

	// Whoever asks the one that stands by is sent to the leader.
	byPattern := &cluster{cfg: config(second, "127.0.0.0/8")}
	byPattern.connect(t)
	if s = byPattern.subscribeAgain(t, s.FrameworkID()); s.Master() != "http://"+first {
		t.Errorf("subscribed with %s, %s leads", s.Master(), first)
	}
	target := s.Target()
	strangers := &cluster{cfg: config(second, "*.mesos.internal")}
	strangers.connect(t)
	_, err := strangers.client.Subscribe(t.Context(), mesos.Framework{Name: "taurus", User: "root"})
	if !errors.Is(err, mesos.ErrHostNotNamed) || !strings.Contains(err.Error(), first) {
		t.Errorf("redirected to a host that is not named: %v", err)
	}
	// A reaper is given the same settings, and has asked ZooKeeper nothing before.
	stranger := target
	stranger.Master = "http://127.0.0.1:1"
	for _, cfg := range []mesos.Config{c.cfg, byPattern.cfg, config(second+","+first, "")} {
		k, err := mesos.NewKiller(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Kill(t.Context(), target, "t", "a", 0); err != nil {
			t.Errorf("%s: %v", cfg.Master, err)
		}
		if err := k.Kill(t.Context(), stranger, "t", "a", 0); errors.Is(err, mesos.ErrHostNotNamed) != (cfg.Hosts == "") {
			t.Errorf("%s, %s: to a stranger: %v", cfg.Master, cfg.Hosts, err)
		}
		k.Close()
	}
	listed := &cluster{cfg: config(first+","+second, "")}
	listed.connect(t)
	stop()
	if s = listed.subscribeAgain(t, s.FrameworkID()); s.Master() != "http://"+second {
		t.Errorf("subscribed with %s, %s leads", s.Master(), second)
	}
	if _, err := listed.client.Tasks(t.Context(), s.FrameworkID()); err != nil {
		t.Error(err)
	}
}

func (c *cluster) connect(t *testing.T) {
	t.Helper()
	var err error
	if c.client, err = mesos.NewClient(c.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
}
