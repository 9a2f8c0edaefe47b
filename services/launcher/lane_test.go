package launcher

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
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

// TestCallThatIsNotAnswered: nobody else learns of it, so the log has to say so;
// that calls fail once their session is over is no news.
func TestCallThatIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		sess := &session{s: &Service{opt: Options{Logger: zerolog.New(&told)}}, lane: newLane(ctx)}
		silent := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		sess.call("ACCEPT", silent)
		time.Sleep(callTimeout + time.Second)
		synctest.Wait()
		if !strings.Contains(told.String(), "ACCEPT") {
			t.Errorf("the log says %q", told.String())
		}
		told.Reset()
		sess.call("DECLINE", silent)
		synctest.Wait()
		stop()
		synctest.Wait()
		if told.Len() > 0 {
			t.Errorf("after the session the log says %q", told.String())
		}
	})
}
