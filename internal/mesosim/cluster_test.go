package mesosim_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// node is a master or an agent that can be stopped and started again.
type node struct {
	addr string
	stop func()
}

func run(t *testing.T, addr string, serve func(context.Context) error) *node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := serve(ctx); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}()
	n := &node{addr: addr}
	n.stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(n.stop)
	return n
}

func startMaster(t *testing.T, dir string, port int) *node {
	t.Helper()
	m, err := master.New(master.Options{
		WorkDir: filepath.Join(dir, "master"), Port: port, AllocationInterval: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return run(t, m.Addr(), m.Run)
}

func startAgent(t *testing.T, dir, masterAddr string, n int) *node {
	t.Helper()
	rs, err := resource.Parse("cpus:4;mem:2048;ports:[" + strconv.Itoa(31000+100*n) + "-" + strconv.Itoa(31099+100*n) + "]")
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Master: masterAddr, WorkDir: filepath.Join(dir, "agent"+strconv.Itoa(n)), Resources: rs, Executor: agent.Simulated,
		Backoff: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return run(t, a.Addr(), a.Run)
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// cell is a cluster of one agent, on which a framework has task a run.
type cell struct {
	dir           string
	master, agent *node
	framework     *framework
	offer         mesos.Offer // that the task was launched on
}

func running(t *testing.T) *cell {
	t.Helper()
	c := &cell{dir: t.TempDir()}
	c.master = startMaster(t, c.dir, 0)
	c.agent = startAgent(t, c.dir, c.master.addr, 0)
	c.framework = subscribe(t, c.master.addr, newInfo())
	c.offer = c.framework.offer()
	c.framework.launch(c.offer, newTask("a", c.offer))
	c.framework.expect("a", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	return c
}

func TestTasksRunAndAreKilled(t *testing.T) {
	dir := t.TempDir()
	m := startMaster(t, dir, 0)
	startAgent(t, dir, m.addr, 0)
	startAgent(t, dir, m.addr, 1)
	f := subscribe(t, m.addr, newInfo(mesos.FrameworkInfo_Capability_TASK_KILLING_STATE))
	a := f.offer()
	b := f.offer()
	for b.AgentID == a.AgentID {
		b = f.offer()
	}
	f.launch(a, newTask("a", a))
	f.expect("a", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	f.launch(b, newTask("b", b))
	running := f.expect("b", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	if running.ContainerStatus == nil || len(running.UUID) != 16 || running.GetSource() != mesos.SOURCE_EXECUTOR {
		t.Errorf("TASK_RUNNING lacks what an executor says: %+v", running)
	}
	f.kill("a", a.AgentID.Value)
	f.expect("a", mesos.TASK_KILLING, mesos.TASK_KILLED)
	f.reconcile("b", b.AgentID.Value)
	if s := f.expect("b", mesos.TASK_RUNNING); s.GetReason() != mesos.REASON_RECONCILIATION || s.UUID != nil {
		t.Errorf("reconciliation answered %+v", s)
	}
	f.reconcile("a", a.AgentID.Value)
	f.expect("a", mesos.TASK_GONE)
	f.reconcile("c", "nowhere")
	f.expect("c", mesos.TASK_UNKNOWN)
}

func TestInvalidTaskDoesNotHarmOthers(t *testing.T) {
	dir := t.TempDir()
	m := startMaster(t, dir, 0)
	startAgent(t, dir, m.addr, 0)
	f := subscribe(t, m.addr, newInfo())
	o := f.offer()
	f.launch(o, newTask("a/b", o), newTask("ok", o))
	if s := f.expect("a/b", mesos.TASK_ERROR); s.GetMessage() != "'a/b' contains invalid characters" {
		t.Errorf("message %q", s.GetMessage())
	}
	f.expect("ok", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	f.launch(o, newTask("late", o))
	if s := f.expect("late", mesos.TASK_DROPPED); s.GetReason() != mesos.REASON_INVALID_OFFERS {
		t.Errorf("a used offer was answered %+v", s)
	}
}

func TestMasterRestartKeepsTasks(t *testing.T) {
	c := running(t)
	f, o := c.framework, c.offer
	c.master.stop()
	c.master = startMaster(t, c.dir, portOf(t, c.master.addr))
	g := subscribe(t, c.master.addr, f.info)
	g.seen = f.seen // an acknowledgement may have been lost with the old one
	if g.info.ID.Value != f.info.ID.Value {
		t.Fatalf("framework id %s became %s", f.info.ID.Value, g.info.ID.Value)
	}
	again := g.offer() // the agent is back
	if again.AgentID != o.AgentID {
		t.Errorf("agent id %s became %s", o.AgentID.Value, again.AgentID.Value)
	}
	g.reconcile("a", o.AgentID.Value)
	g.expect("a", mesos.TASK_RUNNING)
	g.kill("a", o.AgentID.Value)
	g.expect("a", mesos.TASK_KILLED)
}

func TestAgentRestartKeepsTasks(t *testing.T) {
	c := running(t)
	f, o := c.framework, c.offer
	c.agent.stop()
	clear(f.offers)
	startAgent(t, c.dir, c.master.addr, 0)
	again := f.offer()
	for again.URL.Address.Port == o.URL.Address.Port {
		again = f.offer()
	}
	if again.AgentID != o.AgentID {
		t.Errorf("agent id %s became %s", o.AgentID.Value, again.AgentID.Value)
	}
	f.reconcile("a", o.AgentID.Value)
	f.expect("a", mesos.TASK_RUNNING)
	f.kill("a", o.AgentID.Value)
	f.expect("a", mesos.TASK_KILLED)
}

// An update that nobody acknowledged is sent again when its framework returns,
// the same to the byte.
func TestUnacknowledgedUpdateIsResent(t *testing.T) {
	dir := t.TempDir()
	m := startMaster(t, dir, 0)
	startAgent(t, dir, m.addr, 0)
	f := subscribe(t, m.addr, newInfo())
	o := f.offer()
	f.launch(o, newTask("a", o))
	first := f.wait(scheduler.Event_UPDATE).Update.Status
	f.cancel()
	g := subscribe(t, m.addr, f.info)
	second := g.wait(scheduler.Event_UPDATE).Update.Status
	if !first.Equal(second) {
		t.Errorf("resent as %+v, was %+v", second, first)
	}
}

func TestFrameworkFailover(t *testing.T) {
	dir := t.TempDir()
	m := startMaster(t, dir, 0)
	f := subscribe(t, m.addr, newInfo())
	g := subscribe(t, m.addr, f.info)
	if e := f.wait(scheduler.Event_ERROR); e.Error.Message != "Framework failed over" {
		t.Errorf("ERROR %q", e.Error.Message)
	}
	if _, open := <-f.events; open {
		t.Error("the old stream goes on after ERROR")
	}
	res, err := post(t.Context(), m.addr, f.stream, &scheduler.Call{Type: scheduler.Call_REVIVE, FrameworkID: f.info.ID})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a call with the old stream id answered %s", res.Status)
	}
	g.call(&scheduler.Call{Type: scheduler.Call_REVIVE})
}

func TestSandboxFiles(t *testing.T) {
	c := running(t)
	f := c.framework
	virtual := "/frameworks/" + f.info.ID.Value + "/executors/a/runs/latest/stdout"
	path, err := filepath.Glob(filepath.Join(c.dir, "agent0", "slaves", "*", "frameworks", "*", "executors", "a", "runs", "latest", "stdout"))
	if err != nil || len(path) != 1 {
		t.Fatalf("sandbox %v %v", path, err)
	}
	if err := os.WriteFile(path[0], []byte("hello world"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query  string
		status int
		data   string
		offset float64
	}{
		{"path=" + virtual, 200, "", 11},
		{"path=" + virtual + "&offset=-1", 200, "", 11},
		{"path=" + virtual + "&offset=6&length=3", 200, "wor", 6},
		{"path=" + virtual + "&offset=99", 200, "", 99},
		{"path=" + path[0] + "&offset=0", 200, "hello world", 0},
		{"path=" + filepath.Dir(virtual), 400, "", 0},
		{"path=/etc/passwd", 404, "", 0},
		{"path=/frameworks/../../../etc/passwd", 404, "", 0},
		{"", 400, "", 0},
	} {
		status, got := get(t, c.agent.addr, "/slave(1)/files/read?"+tt.query)
		if status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.query, status, tt.status)
		}
		if status == 200 && (got["data"] != tt.data || got["offset"] != tt.offset) {
			t.Errorf("%s: %v", tt.query, got)
		}
	}
}

func get(t *testing.T, addr, path string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if res.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return res.StatusCode, out
}

// A framework that was torn down while an agent was away leaves nothing there.
func TestTeardownReachesAnAgentThatWasAway(t *testing.T) {
	c := running(t)
	f := c.framework
	c.agent.stop()
	f.call(&scheduler.Call{Type: scheduler.Call_TEARDOWN})
	c.agent = startAgent(t, c.dir, c.master.addr, 0)
	g := subscribe(t, c.master.addr, newInfo())
	testwait.Until(t, "the agent keeps nothing", func() bool {
		records, err := filepath.Glob(filepath.Join(c.dir, "agent0", "meta", "runs", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return len(records) == 0
	})
	for _, r := range g.offer().Resources {
		if r.Name == "cpus" && r.Scalar.Value != 4 {
			t.Errorf("%v cpus are free", r.Scalar.Value)
		}
	}
	c.agent.stop()
}

// What the agent could not deliver before it died is answered for: the task is
// neither lost nor launched twice.
func TestUndeliveredLaunchIsDropped(t *testing.T) {
	c := running(t)
	f, o := c.framework, c.offer
	c.agent.stop()
	records, err := filepath.Glob(filepath.Join(c.dir, "agent0", "meta", "runs", "*.json"))
	if err != nil || len(records) != 1 {
		t.Fatalf("%v %v", records, err)
	}
	if err := os.Remove(records[0]); err != nil {
		t.Fatal(err)
	}
	startAgent(t, c.dir, c.master.addr, 0)
	if s := f.expect("a", mesos.TASK_DROPPED); s.GetMessage() != "Reconciliation: task unknown to the agent" || s.UUID == nil || s.ExecutorID != nil {
		t.Errorf("%+v", s)
	}
	f.reconcile("a", o.AgentID.Value)
	f.expect("a", mesos.TASK_GONE)
}

func TestUnregisteredAgentIsForgotten(t *testing.T) {
	dir := t.TempDir()
	m := startMaster(t, dir, 0)
	rs, err := resource.Parse("cpus:1;mem:128")
	if err != nil {
		t.Fatal(err)
	}
	opts := agent.Options{Master: m.addr, WorkDir: filepath.Join(dir, "agent"), Resources: rs, Executor: agent.Simulated, Log: zerolog.Nop()}
	a, err := agent.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	run(t, a.Addr(), a.Run)
	f := subscribe(t, m.addr, newInfo())
	o := f.offer()
	f.launch(o, newTask("a", o))
	f.expect("a", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	a.Unregister()
	if s := f.expect("a", mesos.TASK_LOST); s.GetMessage() != "Agent 127.0.0.1 removed: the agent unregistered" {
		t.Errorf("message %q", s.GetMessage())
	}
	if e := f.wait(scheduler.Event_FAILURE); e.Failure.AgentID.Value != o.AgentID.Value {
		t.Errorf("FAILURE of %s", e.Failure.AgentID.Value)
	}
	f.reconcile("a", o.AgentID.Value)
	f.expect("a", mesos.TASK_UNKNOWN)
}
