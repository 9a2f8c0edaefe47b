package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// deaf is a Link to a master that says and hears nothing.
type deaf struct{}

func (deaf) Receive(ctx context.Context) (link.ToAgent, error) {
	<-ctx.Done()
	return link.ToAgent{}, ctx.Err()
}
func (deaf) Send(context.Context, []link.FromAgent) error { return nil }
func (deaf) Close()                                       {}

// idle is an agent of simulated tasks whose master says nothing.
func idle(t *testing.T, files Files) *Server {
	t.Helper()
	a, err := New(Options{
		Dial:  func(context.Context, link.Register) (Link, error) { return deaf{}, nil },
		Files: files, Resources: []mesos.Resource{{Name: "cpus", Type: mesos.SCALAR.Enum()}}, Executor: Simulated, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// FuzzObey: no message of a master crashes an agent, and what it stores of it it
// can read again.
func FuzzObey(f *testing.F) {
	for _, msg := range []link.ToAgent{
		{Ping: true},
		{Kill: &link.Kill{FrameworkID: "f", TaskID: "t", Grace: -1}},
		{Acknowledge: &link.Acknowledge{FrameworkID: "f", TaskID: "t"}},
		{ShutdownFramework: &link.ShutdownFramework{FrameworkID: "f"}},
		{ShutdownExecutor: &link.ShutdownExecutor{FrameworkID: "f", ExecutorID: "t"}},
		{UpdateFramework: &link.UpdateFramework{}},
		{Drain: &link.Drain{MaxGrace: -1}},
		{Apply: &link.Apply{FrameworkID: "f", OperationID: "o"}},
		{AckOperation: &link.AckOperation{OperationID: "o"}},
		{Launch: &link.Launch{Task: link.TaskInfo{Value: mesos.TaskInfo{TaskID: mesos.TaskID{Value: "t"}}}}},
	} {
		text, err := json.Marshal(msg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var msg link.ToAgent
		if json.Unmarshal(text, &msg) != nil || msg.Refused != nil || msg.Shutdown != nil {
			return // Those end an agent, and take the time that tasks have.
		}
		a := idle(t, disk.NewMemory())
		if _, err := a.begin(&link.Registered{AgentID: "a", Expected: []link.TaskKey{{FrameworkID: "f", TaskID: "t"}}}, deaf{}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			a.obey(t.Context(), &msg)
		}
		a.closeExecutors()
		if _, err := a.store.load(); err != nil {
			t.Errorf("a record cannot be read again: %v", err)
		}
		a.mu.Lock()
		a.retries.stop()
		a.mu.Unlock()
	})
}

// FuzzEndpoints: no request crashes an agent.
func FuzzEndpoints(f *testing.F) {
	paths := []string{
		"/api/v1", "/files/read", "/files/browse", "/files/download", "/state", "/containers", "/monitor/statistics", "/metrics/snapshot",
	}
	for _, call := range []string{
		`{"type":"READ_FILE","read_file":{"path":"/frameworks/f/executors/t/runs/latest/stdout","offset":18446744073709551615}}`,
		`{"type":"LIST_FILES","list_files":{"path":"/"}}`,
		`{"type":"GET_STATE"}`,
		`{"type":"GET_CONTAINERS"}`,
		`{"type":"LAUNCH_NESTED_CONTAINER","launch_nested_container":{"container_id":{"value":"c","parent":{"value":"p"}}}}`,
		`{"type":"ATTACH_CONTAINER_OUTPUT","attach_container_output":{"container_id":{"value":"c"}}}`,
	} {
		f.Add(byte(0), false, "", []byte(call))
	}
	f.Add(byte(0), true, "", []byte("\x08\x01"))
	f.Add(byte(1), false, "path=/frameworks/f/executors/t/runs/latest/stdout&offset=9223372036854775807&length=-1", []byte{})
	f.Add(byte(2), false, "path=/../..", []byte{})
	f.Add(byte(3), false, "path=%00", []byte{})
	a, err := New(Options{
		Dial:  func(context.Context, link.Register) (Link, error) { return deaf{}, nil },
		Files: disk.NewMemory(), Resources: []mesos.Resource{{}}, Executor: Simulated, Log: zerolog.Nop(),
	})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := a.begin(&link.Registered{AgentID: "a"}, deaf{}); err != nil {
		f.Fatal(err)
	}
	a.obey(f.Context(), &link.ToAgent{Launch: &link.Launch{Task: link.TaskInfo{Value: mesos.TaskInfo{TaskID: mesos.TaskID{Value: "t"}}}}})
	f.Cleanup(a.closeExecutors)
	handler := a.routes()
	f.Fuzz(func(t *testing.T, which byte, protobuf bool, query string, body []byte) {
		method := http.MethodGet
		if which%8 == 0 {
			method = http.MethodPost
		}
		r := httptest.NewRequestWithContext(t.Context(), method, paths[int(which)%len(paths)], bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", wire.MediaJSON)
		if protobuf {
			r.Header.Set("Content-Type", wire.MediaProtobuf)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Body.Len() > 1<<20 {
			t.Errorf("%d bytes in answer to %d", w.Body.Len(), len(body))
		}
	})
}

// FuzzRecord: whatever lies in the file of a record, an agent refuses to start with
// it, or takes the task back, reports it, and can be told about it.
func FuzzRecord(f *testing.F) {
	task := link.TaskInfo{Value: mesos.TaskInfo{TaskID: mesos.TaskID{Value: "t"}}}
	status := link.TaskStatus{Value: withUUID(mesos.TASK_RUNNING, 1)}
	for _, r := range []record{
		{},
		{Run: executor.Run{FrameworkID: "f", ExecutorID: "t", ContainerID: "c"}, Kind: Simulated, Info: task, State: mesos.TASK_STAGING},
		{Kind: Simulated, Info: task, State: mesos.TASK_RUNNING, Pending: []link.TaskStatus{status}, Started: 1},
		{Kind: Simulated, Info: task, State: mesos.TASK_FINISHED, Acked: []link.TaskStatus{status}, Orphan: true},
		{Kind: Docker, Info: task, State: mesos.TASK_KILLING, Aborted: true, Drained: true, Gone: true},
		{Info: task, State: mesos.TASK_DROPPED, Pending: []link.TaskStatus{status, status}},
	} {
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{"", "null", "{}", `{"state":99}`, `{"run":{"container_id":"../x"},"pending":["","AA=="]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := disk.NewMemory()
		for name, content := range map[string][]byte{identityFile: []byte(`{"agent_id":"a"}`), runsDir + "/c.json": text} {
			if err := files.Replace(name, content); err != nil {
				t.Fatal(err)
			}
		}
		a := idle(t, files)
		if a.recover(t.Context()) != nil {
			return
		}
		if _, err := json.Marshal(a.registration()); err != nil {
			t.Errorf("what is reported cannot be said: %v", err)
		}
		if _, err := a.begin(&link.Registered{AgentID: "a"}, deaf{}); err != nil {
			t.Fatal(err)
		}
		for _, ack := range acknowledgements(a) {
			a.acknowledge(ack)
		}
		a.drainAll(&link.Drain{MaxGrace: -1})
		a.tasks()
		a.closeExecutors()
		if _, err := a.store.load(); err != nil {
			t.Errorf("what was stored anew cannot be read again: %v", err)
		}
		a.mu.Lock()
		a.retries.stop()
		a.mu.Unlock()
	})
}

// acknowledgements are those of the first status that each task waits for one of. Its
// timers may run meanwhile.
func acknowledgements(a *Server) []*link.Acknowledge {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*link.Acknowledge
	for _, r := range a.unacknowledged() {
		all = append(all, &link.Acknowledge{FrameworkID: r.Run.FrameworkID, TaskID: r.key().task, UUID: r.Pending[0].Value.UUID})
	}
	return all
}

// FuzzIdentity: whatever lies in the file of an agent's identity, it refuses to
// start with it or registers as what it says.
func FuzzIdentity(f *testing.F) {
	for _, text := range []string{
		"", "null", "{}", `{"agent_id":"a"}`, `{"agent_id":"a","resources":[""]}`, `{"resources":["AA=="]}`,
		`{"agent_id":"a","feedback":[{"framework_id":"f","operation_id":"o","uuid":"AAAA"}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := disk.NewMemory()
		if err := files.Replace(identityFile, text); err != nil {
			t.Fatal(err)
		}
		a, err := New(Options{
			Dial:  func(context.Context, link.Register) (Link, error) { return deaf{}, nil },
			Files: files, Resources: []mesos.Resource{{Name: "cpus", Type: mesos.SCALAR.Enum()}}, Executor: Simulated, Log: zerolog.Nop(),
		})
		if err != nil {
			return
		}
		reg := a.registration()
		if _, err := json.Marshal(reg); err != nil {
			t.Errorf("what is reported cannot be said: %v", err)
		}
		if got := reg.Agent.Value.GetID().GetValue(); got != a.identity.AgentID {
			t.Errorf("registers as %q, want %q", got, a.identity.AgentID)
		}
		if _, err := a.begin(&link.Registered{AgentID: "b"}, deaf{}); err != nil {
			t.Fatal(err)
		}
		a.closeExecutors()
		if id, err := a.store.identity(); err != nil || id.AgentID != "b" {
			t.Errorf("stored %+v: %v", id, err)
		}
		a.mu.Lock()
		a.retries.stop()
		a.mu.Unlock()
	})
}
