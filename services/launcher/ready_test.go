package launcher_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/launcher"
)

// TestReady: it says what it waits for, in words and as an error to tell apart.
func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if err := r.make().Ready(); !errors.Is(err, fold.ErrNotCaughtUp) {
			t.Errorf("before it runs: %v", err)
		}
		r.refusal = mesos.ErrUnavailable
		s := r.start()
		time.Sleep(time.Second)
		synctest.Wait()
		if err := s.Ready(); !errors.Is(err, mesos.ErrUnavailable) || err.Error() != "no subscription to Mesos: "+mesos.ErrUnavailable.Error() {
			t.Errorf("without a master: %v", err)
		}
		r.mu.Lock()
		r.refusal = nil
		r.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := s.Ready(); err != nil {
			t.Errorf("subscribed: %v", err)
		}
	})
}

// TestMesosIsHeard: a launcher is able while Mesos is heard, a standby as such.
func TestMesosIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.lease, r.refusal = memory.NewLeases(time.Now), mesos.ErrUnavailable
		s := r.start()
		mesosIs := func(level ready.Level, restart bool, says string) {
			t.Helper()
			synctest.Wait()
			checks := s.Checks()
			if c := checks[1]; c.Name != ready.CheckMesos || c.Level != level || c.Restart != restart || !strings.HasPrefix(c.Detail, says) {
				t.Errorf("%+v, want %v, restart %v, %q", c, level, restart, says)
			}
			if checks[0] != ready.Work(nil) {
				t.Errorf("%+v", checks[0])
			}
		}
		time.Sleep(time.Second)
		mesosIs(ready.Fail, false, "no subscription to Mesos: ")
		r.mu.Lock()
		r.refusal = nil
		r.mu.Unlock()
		time.Sleep(20 * time.Second)
		mesosIs(ready.OK, false, "subscribed; Mesos was heard ")
		time.Sleep(launcher.HeardMax)
		mesosIs(ready.Fail, true, "subscribed, but Mesos has said nothing for ")
		r.sub().events <- mesos.Heartbeat{}
		mesosIs(ready.OK, false, "subscribed; Mesos was heard 0s ago")
		if s.Sequence() == 0 || s.Alive() != nil {
			t.Errorf("at %d, %v", s.Sequence(), s.Alive())
		}
		s = r.start()
		time.Sleep(time.Second)
		mesosIs(ready.OK, false, "stands by")
	})
}
