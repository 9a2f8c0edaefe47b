package election

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
)

const dir = "/mesos"

func master(id string) Master { return NewMaster(id, "10.0.0.1", id+".example", 5050, "1.12.0") }

// follower keeps what a session detects.
type follower struct {
	leaders []string // ids, empty for none
	ended   error
}

// watchBy detects until the session or ctx ends.
func watchBy(ctx context.Context, s *fakeSession) *follower {
	f := &follower{}
	go func() {
		f.ended = detect(ctx, s, dir, func(m *Master) error {
			id := ""
			if m != nil {
				id = m.ID
			}
			f.leaders = append(f.leaders, id)
			return nil
		})
	}()
	return f
}

func (f *follower) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if fmt.Sprint(f.leaders) != fmt.Sprint(want) {
		t.Errorf("saw the leaders %q, not %q", f.leaders, want)
	}
}

func enter(t *testing.T, zk *fakeZK, id string) *fakeSession {
	t.Helper()
	s := zk.dial()
	if err := contend(t.Context(), s, dir, master(id)); err != nil {
		t.Fatal(err)
	}
	return s
}

// The first that came leads until its session ends, then the next one; one that
// comes again is last. All see the same.
func TestSmallestLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zk := newFakeZK()
		zk.create(dir+"/log_replicas", "")
		zk.create(dir+"/info_0000000000", "a master of old")
		watch := watchBy(t.Context(), zk.dial())
		watch.expect(t, "")
		a := enter(t, zk, "a")
		watch.expect(t, "", "a")
		b := enter(t, zk, "b")
		c := enter(t, zk, "c")
		standby := watchBy(t.Context(), c)
		standby.expect(t, "a")
		watch.expect(t, "", "a")
		a.expire()
		enter(t, zk, "a")
		watch.expect(t, "", "a", "b")
		standby.expect(t, "a", "b")
		c.expire()
		watch.expect(t, "", "a", "b")
		if synctest.Wait(); !errors.Is(standby.ended, ErrSessionLost) {
			t.Errorf("without a session it went on: %v", standby.ended)
		}
		b.expire()
		watch.expect(t, "", "a", "b", "a")
	})
}

func TestDetectEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zk := newFakeZK()
		ctx, cancel := context.WithCancel(t.Context())
		f := watchBy(ctx, zk.dial())
		f.expect(t, "")
		cancel()
		if synctest.Wait(); !errors.Is(f.ended, context.Canceled) {
			t.Errorf("cancelled: %v", f.ended)
		}
		stop := errors.New("enough")
		enter(t, zk, "a")
		if err := detect(t.Context(), zk.dial(), dir, func(*Master) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("stopped: %v", err)
		}
		zk.create(dir+"/json.info_", "no number")
		zk.create(dir+"/json.info_-1", "none either")
		zk.remove(dir + "/json.info_0000000000")
		zk.create(dir+"/json.info_0000000007", `{"id":"nowhere"}`)
		if err := detect(t.Context(), zk.dial(), dir, func(*Master) error { return nil }); !errors.Is(err, ErrMasterInfo) {
			t.Errorf("a leader without an address: %v", err)
		}
	})
}

// A leader that goes away between the list and the look is not reported.
func TestLeaderGoesWhileRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zk := newFakeZK()
		a := enter(t, zk, "a")
		enter(t, zk, "b")
		s := zk.dial()
		s.before = func(string) {
			s.before = nil
			a.expire()
		}
		watchBy(t.Context(), s).expect(t, "b")
	})
}

// The registry goes from leader to leader, and the one before cannot write it.
func TestRegistryIsFenced(t *testing.T) {
	zk, ctx := newFakeZK(), t.Context()
	a, text, err := recoverRegistry(ctx, zk.dial(), dir, "a")
	if err != nil || len(text) != 0 {
		t.Fatalf("a new cluster knows %q, %v", text, err)
	}
	for _, want := range []string{"1", "2"} {
		if err := a.Save(ctx, []byte(want)); err != nil {
			t.Fatal(err)
		}
	}
	b, text, err := recoverRegistry(ctx, zk.dial(), dir, "b")
	if err != nil || string(text) != "2" {
		t.Fatalf("recovered %q, %v", text, err)
	}
	// Not even with what is there already.
	for _, late := range []string{"2", "3"} {
		if err := a.Save(ctx, []byte(late)); !errors.Is(err, ErrFenced) {
			t.Errorf("the old leader wrote %s: %v", late, err)
		}
	}
	if err := b.Save(ctx, []byte("4")); err != nil {
		t.Errorf("the new leader: %v", err)
	}
}

// What the old leader writes while the new one takes over is not lost.
func TestRecoverSeesTheLastWrite(t *testing.T) {
	zk, ctx := newFakeZK(), t.Context()
	a, _, err := recoverRegistry(ctx, zk.dial(), dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	s := &overtaken{fakeSession: zk.dial(), meanwhile: func() error { return a.Save(ctx, []byte("last")) }}
	if _, text, err := recoverRegistry(ctx, s, dir, "b"); err != nil || string(text) != "last" {
		t.Errorf("recovered %q, %v", text, err)
	}
}

// overtaken is a session in which something happens between load and store.
type overtaken struct {
	*fakeSession
	meanwhile func() error
}

func (o *overtaken) store(ctx context.Context, name string, data []byte, version int32) (int32, error) {
	if f := o.meanwhile; f != nil {
		o.meanwhile = nil
		if err := f(); err != nil {
			return 0, err
		}
	}
	return o.fakeSession.store(ctx, name, data, version)
}

func TestRegistryLimit(t *testing.T) {
	zk, ctx := newFakeZK(), t.Context()
	r, _, err := recoverRegistry(ctx, zk.dial(), dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	noise, state := make([]byte, MaxRegistry), uint64(1)
	for i := range noise {
		state = state*6364136223846793005 + 1442695040888963407
		noise[i] = byte(state >> 56)
	}
	if err := r.Save(ctx, noise); !errors.Is(err, ErrTooLarge) {
		t.Errorf("took what ZooKeeper will not: %v", err)
	}
	if err := r.Save(ctx, noise[:MaxRegistry-1024]); err != nil {
		t.Errorf("did not take what fits: %v", err)
	}
	zk.create(dir+"/registry", "not compressed")
	if _, _, err := recoverRegistry(ctx, zk.dial(), dir, "b"); err == nil {
		t.Error("took something else for a registry")
	}
}
