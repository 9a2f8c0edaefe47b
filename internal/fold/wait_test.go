package fold

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// TestWait: each returns once its sequence is folded and not before, whoever else
// waits for what; who gives up leaves nothing behind.
func TestWait(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		wanted := rapid.SliceOfN(rapid.Uint64Range(1, 20), 1, 30).Draw(rt, "wanted")
		leaves := rapid.SliceOfN(rapid.Bool(), len(wanted), len(wanted)).Draw(rt, "gives up")
		last := rapid.Uint64Range(0, 25).Draw(rt, "last")
		synctest.Test(t, func(t *testing.T) {
			p := newProgress()
			ctx, giveUp := context.WithCancel(t.Context())
			results := make([]error, len(wanted))
			returned := make([]bool, len(wanted))
			var mu sync.Mutex
			for i, n := range wanted {
				go func() {
					c := t.Context()
					if leaves[i] {
						c = ctx
					}
					err := p.wait(c, n)
					mu.Lock()
					defer mu.Unlock()
					results[i], returned[i] = err, true
				}()
			}
			check := func(want func(i int) (bool, error)) {
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				for i := range wanted {
					if yes, err := want(i); returned[i] != yes || !errors.Is(results[i], err) {
						t.Errorf("waiting for %d: returned %t, %v; want %t, %v", wanted[i], returned[i], results[i], yes, err)
					}
				}
			}
			for n := range last + 1 {
				if n > 0 {
					p.advance(n)
				}
				check(func(i int) (bool, error) { return wanted[i] <= n, nil })
			}
			giveUp()
			check(func(i int) (bool, error) {
				if wanted[i] > last && leaves[i] {
					return true, context.Canceled
				}
				return wanted[i] <= last, nil
			})
			why := errors.New("why")
			p.stop(why)
			check(func(i int) (bool, error) {
				switch {
				case wanted[i] <= last:
					return true, nil
				case leaves[i]:
					return true, context.Canceled
				}
				return true, why
			})
			if len(p.waiters) != 0 || p.lowest.Load() != nobody {
				t.Errorf("%d waiters left, the lowest %d", len(p.waiters), p.lowest.Load())
			}
		})
	})
}

// TestWaitAfterTheEnd says that nothing more will come, unless it has come.
func TestWaitAfterTheEnd(t *testing.T) {
	p := newProgress()
	p.advance(3)
	p.stop(context.Canceled)
	if err := p.wait(t.Context(), 3); err != nil {
		t.Error(err)
	}
	if err := p.wait(t.Context(), 4); !errors.Is(err, eventlog.ErrStopped) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWaitRacesTheFold: nobody sleeps through the record that was waited for.
func TestWaitRacesTheFold(t *testing.T) {
	p := newProgress()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const records = 20_000
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			for n := uint64(1); n <= records; n += 3 {
				if err := p.wait(ctx, n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range uint64(records) {
		p.advance(n + 1)
	}
	waiting.Wait()
}
