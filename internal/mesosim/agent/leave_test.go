package agent

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// slow is a Link to a master that registers the agent, and is slow to hear.
type slow struct {
	registered chan link.ToAgent
	said       bool
	kept       func() bool // looks when it has heard the good-bye
	keptThen   bool
}

func (l *slow) Receive(ctx context.Context) (link.ToAgent, error) {
	select {
	case m := <-l.registered:
		return m, nil
	case <-ctx.Done():
		return link.ToAgent{}, ctx.Err()
	}
}

func (l *slow) Send(ctx context.Context, list []link.FromAgent) error {
	select {
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, m := range list {
		if m.Unregister {
			l.said, l.keptThen = true, l.kept()
		}
	}
	return nil
}

func (l *slow) Close() {}

// 5.3: an agent that unregisters says so however long that takes, or else its tasks
// would be unreachable instead of lost; only then it forgets who it was.
func TestGoodByeIsHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := disk.NewMemory()
		has := func() bool {
			_, err := files.Read(identityFile)
			return !errors.Is(err, fs.ErrNotExist)
		}
		master := &slow{registered: make(chan link.ToAgent, 1), kept: has}
		master.registered <- link.ToAgent{Registered: &link.Registered{AgentID: "a", PingTimeout: time.Hour, MaxPingTimeouts: 1}}
		a, err := New(Options{
			Dial:  func(context.Context, link.Register) (Link, error) { return master, nil },
			Files: files, Resources: []mesos.Resource{{}}, Executor: Simulated, Log: zerolog.Nop(),
		})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- a.Run(t.Context()) }()
		synctest.Wait()
		a.Unregister()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		switch {
		case !master.said:
			t.Error("the master did not hear the good-bye")
		case !master.keptThen:
			t.Error("the id was forgotten before the good-bye was heard")
		case has():
			t.Error("the id is kept")
		}
	})
}
