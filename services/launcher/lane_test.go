package launcher

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLaneKeepsTheOrder of what is given to it, however long each takes, and
// does one thing at a time.
func TestLaneKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		l := newLane(ctx)
		var done []int
		busy := false
		for i := range 200 {
			l.do(func(context.Context) {
				if busy {
					t.Error("two at once")
				}
				busy = true
				time.Sleep(time.Duration(i*37%11) * time.Millisecond)
				busy = false
				done = append(done, i)
			})
			if i%50 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(done) != 200 || !slices.IsSorted(done) {
			t.Errorf("%d done, in order %t", len(done), slices.IsSorted(done))
		}
	})
}

// TestLaneEnds with its session: what waits is not begun any more.
func TestLaneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		l := newLane(ctx)
		began := 0
		for range 3 {
			l.do(func(ctx context.Context) {
				began++
				<-ctx.Done()
			})
		}
		synctest.Wait()
		stop()
		synctest.Wait()
		l.do(func(context.Context) { began++ })
		synctest.Wait()
		if began != 1 {
			t.Errorf("%d begun, want the first alone", began)
		}
	})
}
