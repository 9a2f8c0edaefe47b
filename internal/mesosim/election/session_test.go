package election_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/zktest"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func address(t *testing.T, text string) election.Address {
	t.Helper()
	a, err := election.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func dial(t *testing.T, a election.Address) *election.Session {
	t.Helper()
	s, err := election.Dial(t.Context(), a, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func contend(t *testing.T, s *election.Session, id string) {
	t.Helper()
	if err := s.Contend(t.Context(), election.NewMaster(id, "127.0.0.1", "localhost", 5050, "1.12.0")); err != nil {
		t.Fatal(err)
	}
}

// leaders follows an election as an agent does.
func leaders(t *testing.T, a election.Address) <-chan string {
	t.Helper()
	seen := make(chan string, 100)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		election.Follow(ctx, a, zerolog.Nop(), func(m *election.Master) {
			if m == nil {
				seen <- ""
				return
			}
			seen <- m.ID
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return seen
}

// await waits until somebody is seen to lead.
func await(t *testing.T, seen <-chan string, want string) {
	t.Helper()
	for got := range seen {
		if got == want {
			return
		}
	}
}

// Two masters of a real ZooKeeper, behind a password: the first leads, and the
// second after it. Those without the password may watch but not take part.
func TestRealElection(t *testing.T) {
	zk := zktest.Start(t)
	a := address(t, "zk://user:secret@"+zk.Addr+"/some/mesos")
	first, second := dial(t, a), dial(t, a)
	contend(t, first, "a")
	contend(t, second, "b")
	seen := leaders(t, address(t, "zk://"+zk.Addr+"/some/mesos"))
	await(t, seen, "a")
	stranger := dial(t, address(t, "zk://"+zk.Addr+"/some/mesos"))
	if err := stranger.Contend(t.Context(), election.NewMaster("c", "127.0.0.1", "", 5050, "")); err == nil {
		t.Error("a stranger took part")
	}
	first.Close()
	await(t, seen, "b")
	if err := first.Contend(t.Context(), election.Master{}); !errors.Is(err, election.ErrSessionLost) {
		t.Errorf("a session that was closed: %v", err)
	}
	if err := first.Detect(t.Context(), func(*election.Master) error { return nil }); !errors.Is(err, election.ErrSessionLost) {
		t.Errorf("a session that was closed: %v", err)
	}
}

// The registry of a real ZooKeeper is written by its last leader alone.
func TestRealRegistry(t *testing.T) {
	zk := zktest.Start(t)
	a := address(t, "zk://"+zk.Addr+"/mesos")
	s := dial(t, a)
	one, text, err := s.Recover(t.Context(), "a")
	if err != nil || len(text) != 0 {
		t.Fatalf("a new cluster knows %q, %v", text, err)
	}
	if err := one.Save(t.Context(), []byte("one")); err != nil {
		t.Fatal(err)
	}
	two, text, err := dial(t, a).Recover(t.Context(), "b")
	if err != nil || string(text) != "one" {
		t.Fatalf("recovered %q, %v", text, err)
	}
	if err := one.Save(t.Context(), []byte("late")); !errors.Is(err, election.ErrFenced) {
		t.Errorf("the old leader wrote: %v", err)
	}
	if err := two.Save(t.Context(), []byte("two")); err != nil {
		t.Error(err)
	}
}

// A ZooKeeper that is away for less than a session keeps its sessions, and what
// is asked of it meanwhile is answered afterwards.
func TestRealRestart(t *testing.T) {
	zk := zktest.Start(t)
	a := address(t, "zk://"+zk.Addr+"/mesos")
	s := dial(t, a)
	contend(t, s, "a")
	r, _, err := s.Recover(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	zk.Stop()
	saved := make(chan error, 1)
	go func() { saved <- r.Save(t.Context(), []byte("kept")) }()
	zk.Restart()
	if err := <-saved; err != nil {
		t.Errorf("what was asked meanwhile: %v", err)
	}
	await(t, leaders(t, a), "a")
	select {
	case <-s.Lost():
		t.Error("the session was lost")
	default:
	}
}

// Nobody there: dialling ends with its context.
func TestUnreachable(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := election.Dial(ctx, address(t, "zk://127.0.0.1:1/mesos"), zerolog.Nop())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
