package reaper

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Every task is taken once, by whichever sender is free, however many wait.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks = 5000
		ctx, cancel := context.WithCancel(t.Context())
		q := newQueue()
		var (
			mu    sync.Mutex
			taken []string
			want  []string
		)
		for i := range tasks {
			id := fmt.Sprintf("t%04d", i)
			want = append(want, id)
			q.put(kill{taskID: id})
			q.put(kill{taskID: id}) // Again, while it waits.
		}
		for range sendersMax {
			go func() {
				for {
					k, ok := q.take(ctx)
					if !ok {
						return
					}
					mu.Lock()
					taken = append(taken, k.taskID)
					mu.Unlock()
				}
			}()
		}
		synctest.Wait()
		q.put(kill{taskID: "t0000"}) // Again, after it was taken.
		want = append(want, "t0000")
		synctest.Wait()
		cancel()
		slices.Sort(taken)
		slices.Sort(want)
		if !slices.Equal(taken, want) {
			t.Errorf("%d kills taken, want %d", len(taken), len(want))
		}
	})
}
