package mesos

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"
)

func wireTask(id, framework string, state mesos.TaskState, labels ...string) mesos.Task {
	t := mesos.Task{
		Name: "n", TaskID: mesos.TaskID{Value: id}, FrameworkID: mesos.FrameworkID{Value: framework},
		AgentID: mesos.AgentID{Value: "a"}, State: &state, Labels: &mesos.Labels{},
	}
	for i := 0; i < len(labels); i += 2 {
		t.Labels.Labels = append(t.Labels.Labels, mesos.Label{Key: labels[i], Value: &labels[i+1]})
	}
	return t
}

func TestTasks(t *testing.T) {
	ours := []string{labelJob, "j", labelRun, "1", labelGroup, "g", labelSlot, "2", labelAttempt, "3", labelVersion, "4"}
	answer := &master.Response{Type: master.Response_GET_TASKS, GetTasks: &master.Response_GetTasks{
		Tasks: []mesos.Task{
			wireTask("t1", testFramework, mesos.TASK_RUNNING, ours...),
			wireTask("foreign", "other", mesos.TASK_RUNNING, ours...),
			wireTask("bare", testFramework, mesos.TASK_STAGING),
			wireTask("broken", testFramework, mesos.TASK_STAGING, slices.Concat([]string{labelSlot, "-1"}, ours)...),
		},
		UnreachableTasks: []mesos.Task{wireTask("t2", testFramework, mesos.TASK_UNREACHABLE, ours...)},
		CompletedTasks:   []mesos.Task{wireTask("t3", testFramework, mesos.TASK_FINISHED, ours...)},
	}}
	data, err := answer.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	leader := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var call master.Call
		if err := call.Unmarshal(body); err != nil || call.Type != master.Call_GET_TASKS || r.URL.Path != "/api/v1" {
			t.Errorf("asked %s for %v, %v", r.URL.Path, call.Type, err)
		}
		_, _ = w.Write(data)
	})
	c := testClient(t, testConfig(plainServer(t, redirecting(leader))))
	got, err := c.Tasks(t.Context(), testFramework)
	if err != nil {
		t.Fatal(err)
	}
	want := []TaskRef{
		{TaskID: "t1", AgentID: "a", Name: "n", State: "TASK_RUNNING", Ours: true, Job: "j", Run: 1, Group: "g", Slot: 2, Attempt: 3, Version: 4},
		{TaskID: "bare", AgentID: "a", Name: "n", State: "TASK_STAGING"},
		{TaskID: "broken", AgentID: "a", Name: "n", State: "TASK_STAGING"},
		{TaskID: "t2", AgentID: "a", Name: "n", State: "TASK_UNREACHABLE", Ours: true, Job: "j", Run: 1, Group: "g", Slot: 2, Attempt: 3, Version: 4},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestAwaited(t *testing.T) {
	answer := &master.Response{Type: master.Response_GET_AGENTS, GetAgents: &master.Response_GetAgents{
		Agents:          []master.Response_GetAgents_Agent{{AgentInfo: mesos.AgentInfo{Hostname: "a"}, Active: true}},
		RecoveredAgents: []mesos.AgentInfo{{Hostname: "b"}, {Hostname: "c"}},
	}}
	data, err := answer.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c := testClient(t, testConfig(plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var call master.Call
		if err := call.Unmarshal(body); err != nil || call.Type != master.Call_GET_AGENTS {
			t.Errorf("asked for %v, %v", call.Type, err)
		}
		_, _ = w.Write(data)
	})))
	if n, err := c.Awaited(t.Context()); n != 2 || err != nil {
		t.Errorf("got %d, %v; want the two that have not come back", n, err)
	}
	c = testClient(t, testConfig(plainServer(t, refusing(503, ""))))
	if _, err := c.Awaited(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestTasksRefused(t *testing.T) {
	big := testConfig(plainServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) }))
	big.EventMax = 50
	for _, tt := range []struct {
		name string
		cfg  Config
		want error
	}{
		{"not ready", testConfig(plainServer(t, refusing(503, ""))), ErrUnavailable},
		{"credentials", testConfig(plainServer(t, refusing(401, ""))), ErrUnauthenticated},
		{"garbage", testConfig(plainServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })), ErrProtocol},
		{"too large", big, ErrEventTooLarge},
	} {
		if _, err := testClient(t, tt.cfg).Tasks(t.Context(), testFramework); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func FuzzDecodeTasks(f *testing.F) {
	data, err := (&master.Response{Type: master.Response_GET_TASKS, GetTasks: &master.Response_GetTasks{
		Tasks: []mesos.Task{wireTask("t", testFramework, mesos.TASK_RUNNING, labelJob, "j", labelSlot, "99999999999")},
	}}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, in []byte) {
		refs, err := decodeTasks(in, testFramework)
		if err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatalf("untyped: %v", err)
		}
		for _, r := range refs {
			if r.Ours != (r.Job != "") {
				t.Fatalf("half of the labels: %+v", r)
			}
		}
	})
}
