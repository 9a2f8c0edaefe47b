package master

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestOutboxEndsAfterWhatIsQueued, for a reader that comes late and for one that
// waits; what is put behind the end is not read.
func TestOutboxEndsAfterWhatIsQueued(t *testing.T) {
	o := newOutbox[int]()
	o.put(1)
	o.put(2)
	o.close()
	o.close()
	o.put(3)
	if items, ok := o.take(t.Context()); !ok || !slices.Equal(items, []int{1, 2}) {
		t.Errorf("took %v, %t", items, ok)
	}
	if items, ok := o.take(t.Context()); ok || !o.ended() {
		t.Errorf("took %v, %t behind the end; ended: %t", items, ok, o.ended())
	}
}

func TestOutboxWaits(t *testing.T) {
	for name, c := range map[string]struct {
		then func(*outbox[int])
		want []int
	}{
		"for an item":          {func(o *outbox[int]) { o.put(1) }, []int{1}},
		"for the end":          {func(o *outbox[int]) { o.close() }, nil},
		"for its own patience": {func(*outbox[int]) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutbox[int]()
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				go func() {
					time.Sleep(time.Minute)
					c.then(o)
				}()
				if items, ok := o.take(ctx); ok != (c.want != nil) || !slices.Equal(items, c.want) {
					t.Errorf("took %v, %t, want %v", items, ok, c.want)
				}
			})
		})
	}
}
