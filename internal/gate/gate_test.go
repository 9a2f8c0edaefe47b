package gate_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/milosgajdos/taurus/internal/gate"
)

func TestOneAtATimePerKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New()
		enter := func(key string) (in chan func()) {
			in = make(chan func(), 1)
			go func() {
				leave, err := g.Enter(t.Context(), key)
				if err != nil {
					t.Error(err)
				}
				in <- leave
			}()
			synctest.Wait()
			return in
		}
		first := <-enter("a")
		second := enter("a")
		if len(second) != 0 {
			t.Fatal("two are in for one key")
		}
		(<-enter("b"))() // Who has another key does not wait.
		first()
		synctest.Wait()
		if len(second) != 1 {
			t.Fatal("who left lets nobody in")
		}
		(<-second)()
		(<-enter("a"))()
	})
}

func TestWhoGivesUpIsNotInTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New()
		leave, err := g.Enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := g.Enter(ctx, "a")
			gone <- err
		}()
		synctest.Wait()
		giveUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		leave()
		if leave, err = g.Enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		leave()
	})
}
