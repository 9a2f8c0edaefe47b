package v2

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// took is what take returned.
type took struct {
	held *held
	err  error
}

func takes(ctx context.Context, a *allowance, bytes int, end func()) <-chan took {
	done := make(chan took, 1)
	go func() {
		h, err := a.take(ctx, bytes, end)
		done <- took{h, err}
	}()
	synctest.Wait()
	return done
}

// TestTheSlowestGivesWay: who needs bytes that are not there gets those of the client
// that has let its feed wait for the longest, and nobody else's.
func TestTheSlowestGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAllowance(100)
		ended := make(chan string, 9)
		hold := func(name string, bytes int) *held {
			h := (<-takes(t.Context(), a, bytes, func() { ended <- name })).held
			h.shrink(bytes)
			time.Sleep(time.Second / 10)
			return h
		}
		first, second := hold("first", 40), hold("second", 40)
		// Nobody has been slow yet.
		waits := takes(t.Context(), a, 40, nil)
		if len(waits) != 0 || len(ended) != 0 {
			t.Fatalf("%d let in, %d ended", len(waits), len(ended))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(ended) != 1 || len(waits) != 0 {
			t.Fatalf("%d ended, %d let in; want one ended, and to wait until it has gone", len(ended), len(waits))
		}
		if name := <-ended; name != "first" {
			t.Fatalf("the %s ended, and was not the slowest", name)
		}
		first.release()
		third := (<-waits).held
		second.release()
		// Who gives back what it has not needed lets others in, without anybody's end.
		waits = takes(t.Context(), a, 70, nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(waits) != 0 || len(ended) != 0 {
			t.Fatalf("%d let in, %d ended; the third has not been given anything yet", len(waits), len(ended))
		}
		third.shrink(10)
		fourth := (<-waits).held
		third.release()
		fourth.release()
		if a.taken != 0 || len(a.held) != 0 {
			t.Fatalf("%d bytes are held by %d", a.taken, len(a.held))
		}
	})
}

// TestWhoIsAloneHasAllThereIs, and more: an event may be larger than the allowance.
func TestWhoIsAloneHasAllThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAllowance(10)
		alone := (<-takes(t.Context(), a, 1000, nil)).held
		ctx, cancel := context.WithCancel(t.Context())
		waits := takes(ctx, a, 1, nil)
		cancel()
		if got := <-waits; !errors.Is(got.err, context.Canceled) {
			t.Fatalf("got %v", got.err)
		}
		alone.release()
		(<-takes(t.Context(), a, 10, nil)).held.release()
	})
}
