package mesos_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// cluster is an embedded Mesos with one agent that runs processes, and taurus'
// client of it.
type cluster struct {
	cfg    mesos.Config
	client *mesos.Client
}

// serve runs a server until the end of the test.
func serve(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	return newClusterOf(t, "cpus:2;mem:512;ports:[31000-31009]")
}

// newClusterOf has one agent with the resources.
func newClusterOf(t *testing.T, has string) *cluster {
	t.Helper()
	dir := t.TempDir()
	m, err := master.New(master.Options{
		WorkDir: filepath.Join(dir, "master"), AllocationInterval: 20 * time.Millisecond, Log: zerolog.Nop(),
		AuthenticateFrameworks: true, Credentials: map[string]string{"taurus": "s3cret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, m.Run)
	resources, err := resource.Parse(has)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Master: m.Addr(), WorkDir: filepath.Join(dir, "agent"), Resources: resources, Executor: agent.Process,
		Backoff: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, a.Run)
	c := &cluster{cfg: mesos.Config{Master: m.Addr(), Principal: "taurus", Secret: "s3cret", Log: zerolog.Nop()}}
	if c.client, err = mesos.NewClient(c.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	return c
}

func (c *cluster) subscribe(t *testing.T, id string) *mesos.Subscription {
	t.Helper()
	s, err := c.client.Subscribe(t.Context(), mesos.Framework{
		ID: id, Name: "taurus", User: "root", Roles: []string{"r"}, FailoverTimeout: time.Hour, Checkpoint: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// await gives the next event of a kind.
func await[E mesos.Event](t *testing.T, s *mesos.Subscription) E {
	t.Helper()
	for ev := range s.Events() {
		if e, ok := ev.(E); ok {
			return e
		}
	}
	t.Fatalf("stream ended: %v", s.Err())
	return *new(E)
}

// state acknowledges the statuses of a task up to the one wanted.
func state(t *testing.T, s *mesos.Subscription, want string) mesos.Status {
	t.Helper()
	for {
		status := await[mesos.Update](t, s).Status
		if err := s.Acknowledge(t.Context(), status.AgentID, status.TaskID, status.UUID); err != nil {
			t.Fatal(err)
		}
		if status.State == want {
			return status
		}
	}
}

func webLaunch(o offer.Offer, shell string) mesos.Launch {
	return mesos.Launch{
		TaskID: "t1", Name: "web.front", AgentID: o.AgentID, Role: o.Role, Hostname: o.Hostname,
		Resources: offer.Resources{CPUs: 250, Mem: 64_000}, HostPorts: []uint32{31003},
		Job: "web", Run: 1, Slot: 2, Attempt: 3, Version: 4,
		Group: &job.Group{
			Name: "front", Ports: []job.Port{{Name: "http", Protocol: job.ProtocolTCP}},
			Container: &job.Container{Command: job.Command{Shell: shell}},
		},
	}
}

// accept launches a task on the first offer.
func accept(t *testing.T, s *mesos.Subscription, shell string) offer.Offer {
	t.Helper()
	o := await[mesos.Offers](t, s).Offers[0]
	err := s.Accept(t.Context(), mesos.Accept{OfferIDs: []string{o.ID}, Launches: []mesos.Launch{webLaunch(o, shell)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLifeOfATask(t *testing.T) {
	c := newCluster(t)
	s := c.subscribe(t, "")
	o := accept(t, s, `echo "$TAURUS_JOB at $PORT_HTTP"; exec sleep 600`)
	if o.Role != "r" || o.Resources != (offer.Resources{CPUs: 2000, Mem: 512_000}) || len(o.Ports) != 1 {
		t.Errorf("offer %+v", o)
	}
	running := state(t, s, "TASK_RUNNING")
	if len(running.UUID) != 16 || running.Source != "SOURCE_EXECUTOR" || running.Time.IsZero() {
		t.Errorf("status %+v", running)
	}

	tasks, err := c.client.Tasks(t.Context(), s.FrameworkID())
	if err != nil || len(tasks) != 1 {
		t.Fatalf("tasks %+v, %v", tasks, err)
	}
	want := mesos.TaskRef{
		TaskID: "t1", AgentID: o.AgentID, Name: "web.front", State: tasks[0].State,
		Ours: true, Job: "web", Run: 1, Group: "front", Slot: 2, Attempt: 3, Version: 4, Indexed: true,
	}
	if tasks[0] != want {
		t.Errorf("task %+v", tasks[0])
	}

	if err := s.Reconcile(t.Context(), []mesos.TaskAgent{{TaskID: "t1", AgentID: o.AgentID}}); err != nil {
		t.Fatal(err)
	}
	if again := state(t, s, "TASK_RUNNING"); again.Reason != "REASON_RECONCILIATION" || again.UUID != nil {
		t.Errorf("reconciled %+v", again)
	}
	readStdout(t, c, o.AgentURL, s.FrameworkID())

	k, err := mesos.NewKiller(c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Kill(t.Context(), s.Target(), "t1", o.AgentID, time.Second); err != nil {
		t.Fatal(err)
	}
	if killed := state(t, s, "TASK_KILLED"); killed.AgentID != o.AgentID {
		t.Errorf("killed %+v", killed)
	}
}

// readStdout waits for the line of the task, which it writes after it is running.
func readStdout(t *testing.T, c *cluster, agentURL, frameworkID string) {
	t.Helper()
	cfg := c.cfg
	cfg.Hosts = strings.TrimPrefix(agentURL, "http://")
	files, err := mesos.NewAgentFiles(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for {
		data, size, err := files.ReadFile(t.Context(), agentURL, frameworkID, "t1", "stdout", 0, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "web at 31003\n") {
			if size != int64(len(data)) {
				t.Errorf("%d bytes of %d", len(data), size)
			}
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, _, err := files.ReadFile(t.Context(), agentURL, frameworkID, "t2", "stdout", 0, 1); !errors.Is(err, mesos.ErrFileNotFound) {
		t.Errorf("a task without a sandbox: %v", err)
	}
}

func TestExitCodeOfATask(t *testing.T) {
	s := newCluster(t).subscribe(t, "")
	accept(t, s, "exit 3")
	if failed := state(t, s, "TASK_FAILED"); failed.ExitCode == nil || *failed.ExitCode != 3 {
		t.Errorf("status %+v", failed)
	}
}

// A second subscription takes over; the first is told why, and what was learnt
// from it is stale.
func TestFailover(t *testing.T) {
	c := newCluster(t)
	first := c.subscribe(t, "")
	second := c.subscribe(t, first.FrameworkID())
	for range first.Events() {
	}
	if err := first.Err(); !errors.Is(err, mesos.ErrFailedOver) {
		t.Errorf("first ended with %v", err)
	}
	k, err := mesos.NewKiller(c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Kill(t.Context(), first.Target(), "t", "a", 0); !errors.Is(err, mesos.ErrStaleStream) {
		t.Errorf("kill with the first: %v", err)
	}
	if err := k.Kill(t.Context(), second.Target(), "t", "a", 0); err != nil {
		t.Errorf("kill with the second: %v", err)
	}
}

func TestDeclineAndRevive(t *testing.T) {
	s := newCluster(t).subscribe(t, "")
	o := await[mesos.Offers](t, s).Offers[0]
	if err := s.Decline(t.Context(), []string{o.ID}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := s.Suppress(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Revive(t.Context(), []string{"r"}); err != nil {
		t.Fatal(err)
	}
	if again := await[mesos.Offers](t, s).Offers[0]; again.ID == o.ID || again.AgentID != o.AgentID {
		t.Errorf("offered %+v after %+v", again, o)
	}
}

func TestTeardown(t *testing.T) {
	c := newCluster(t)
	s := c.subscribe(t, "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.cfg.Master+"/teardown",
		strings.NewReader("frameworkId="+s.FrameworkID()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	for range s.Events() {
	}
	if err := s.Err(); !errors.Is(err, mesos.ErrDisconnected) {
		t.Errorf("ended with %v", err)
	}
	_, err = c.client.Subscribe(t.Context(), mesos.Framework{ID: s.FrameworkID(), Name: "taurus", User: "root"})
	if !errors.Is(err, mesos.ErrFrameworkRemoved) {
		t.Errorf("subscribed again: %v", err)
	}
}

func TestWrongSecret(t *testing.T) {
	c := newCluster(t)
	c.cfg.Secret = "guess"
	client, err := mesos.NewClient(c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.Subscribe(t.Context(), mesos.Framework{Name: "taurus", User: "root"})
	if !errors.Is(err, mesos.ErrUnauthenticated) || errors.Is(err, mesos.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// Mesos keeps agents with GPUs from frameworks that do not ask for them.
func TestOffersOfAgentsWithGPUs(t *testing.T) {
	c := newClusterOf(t, "cpus:2;mem:512;gpus:1")
	f := mesos.Framework{Name: "taurus", User: "root", Roles: []string{"r"}, FailoverTimeout: time.Hour, Checkpoint: true, GPUs: true}
	s, err := c.client.Subscribe(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if o := await[mesos.Offers](t, s).Offers[0]; o.Resources.GPUs != 1000 {
		t.Errorf("offered %+v", o.Resources)
	}
}
