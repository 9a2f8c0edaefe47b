package launcher_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mesos"
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
