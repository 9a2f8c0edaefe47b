package launcher

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// slow is a subscription that writes down its calls, and answers none.
type slow struct {
	Subscription
	mu    sync.Mutex
	begun []string
}

func (s *slow) began() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.begun)
}

func (s *slow) call(ctx context.Context, name string) error {
	s.mu.Lock()
	s.begun = append(s.begun, name)
	s.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (s *slow) Close()                                         {}
func (s *slow) Revive(ctx context.Context, _ []string) error   { return s.call(ctx, "REVIVE") }
func (s *slow) Suppress(ctx context.Context, _ []string) error { return s.call(ctx, "SUPPRESS") }

// heard is a machine that only listens.
type heard struct {
	mu     sync.Mutex
	inputs []machine.Input
}

func (h *heard) Step(_ machine.Moment, in machine.Input) []machine.Effect {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inputs = append(h.inputs, in)
	return nil
}

func (h *heard) Wake() time.Time { return time.Time{} }

func (h *heard) calls() []launching.Called {
	h.mu.Lock()
	defer h.mu.Unlock()
	var calls []launching.Called
	for _, in := range h.inputs {
		if c, ok := in.(launching.Called); ok {
			calls = append(calls, c)
		}
	}
	return calls
}

// TestCallsInOrder: the second is not made before the first was answered, or given
// up; and after the end of the session none is.
func TestCallsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		loop, err := fold.New(cluster.New(), fold.Options{Log: memory.New(), Role: "test", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		h, sub := &heard{}, &slow{}
		go func() { _ = loop.Run(ctx, h, nil) }()
		sess := newSession(ctx, &Service{loop: loop}, 1, sub)
		sess.carry(launching.Suppress{Ticket: 1})
		sess.carry(launching.Revive{Ticket: 2})
		sess.carry(launching.Suppress{Ticket: 3})
		time.Sleep(callTimeout - time.Second)
		synctest.Wait()
		if want := []string{"SUPPRESS"}; !slices.Equal(sub.began(), want) {
			t.Fatalf("began %q, want %q", sub.began(), want)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if want := []string{"SUPPRESS", "REVIVE"}; !slices.Equal(sub.began(), want) {
			t.Fatalf("began %q, want %q", sub.began(), want)
		}
		if calls := h.calls(); len(calls) != 1 || calls[0].Ticket != 1 || !errors.Is(calls[0].Err, context.DeadlineExceeded) {
			t.Fatalf("the machine was told %+v", calls)
		}
		sess.close()
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls := h.calls(); len(calls) != 1 || len(sub.began()) != 2 {
			t.Errorf("after the end: began %q, told %+v", sub.began(), calls)
		}
	})
}
