package agent

import (
	"context"
	"encoding/json"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// deaf is a Link to a master that says and hears nothing.
type deaf struct{}

func (deaf) Receive(ctx context.Context) (link.ToAgent, error) {
	<-ctx.Done()
	return link.ToAgent{}, ctx.Err()
}
func (deaf) Send(context.Context, []link.FromAgent) error { return nil }
func (deaf) Close()                                       {}

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
		files := disk.NewMemory()
		a, err := New(Options{
			Dial:  func(context.Context, link.Register) (Link, error) { return deaf{}, nil },
			Files: files, Resources: []mesos.Resource{{}}, Executor: Simulated, Log: zerolog.Nop(),
		})
		if err != nil {
			t.Fatal(err)
		}
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
