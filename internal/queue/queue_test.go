package queue_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/queue"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// TestOrder against a plain slice: puts, takes and drains in any order.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, want, next := queue.New[int](), []int(nil), 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) {
				q.Put(next)
				want = append(want, next)
				next++
			},
			"take": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("it would wait")
				}
				if got, ok := q.Take(context.Background()); !ok || got != want[0] {
					t.Fatalf("took %d, %t, want %d", got, ok, want[0])
				}
				want = want[1:]
			},
			"woken": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("it would wait")
				}
				<-q.Wake()
				if got, ok := q.Take(context.Background()); !ok || got != want[0] {
					t.Fatalf("took %d, %t, want %d", got, ok, want[0])
				}
				want = want[1:]
			},
			"drain": func(t *rapid.T) {
				if got := q.Drain(); !slices.Equal(got, want) || (got == nil) != (len(want) == 0) {
					t.Fatalf("drained %v, want %v", got, want)
				}
				want = nil
			},
			"": func(t *rapid.T) {
				if q.Len() != len(want) {
					t.Fatalf("%d wait, want %d", q.Len(), len(want))
				}
				if woken := len(q.Wake()) > 0; len(want) > 0 && !woken {
					t.Fatal("something waits, and nobody is woken")
				}
			},
		})
	})
}

// TestWake: once for many, and not at all for what has been drained.
func TestWake(t *testing.T) {
	q := queue.New[int]()
	woken := func() bool {
		select {
		case <-q.Wake():
			return true
		default:
			return false
		}
	}
	if woken() {
		t.Error("an empty queue wakes")
	}
	q.Put(1)
	q.Put(2)
	if !woken() {
		t.Error("two items wake nobody")
	}
	if woken() {
		t.Error("woken twice")
	}
	q.Put(3)
	if got := q.Drain(); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("drained %v", got)
	}
	if woken() {
		t.Error("woken for what has been drained")
	}
}

func TestTakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[string]()
		begin := time.Now()
		go func() {
			time.Sleep(time.Hour)
			q.Put("late")
		}()
		if got, ok := q.Take(t.Context()); !ok || got != "late" || time.Since(begin) != time.Hour {
			t.Errorf("took %q, %t after %s", got, ok, time.Since(begin))
		}
	})
}

func TestTakeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[int]()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		if got, ok := q.Take(ctx); ok || time.Since(begin) != time.Minute {
			t.Errorf("took %d, %t after %s", got, ok, time.Since(begin))
		}
		q.Put(1)
		if got, ok := q.Take(ctx); ok || q.Len() != 1 {
			t.Errorf("took %d, %t after its end; %d wait", got, ok, q.Len())
		}
		if got, ok := q.Take(t.Context()); !ok || got != 1 {
			t.Errorf("another taker got %d, %t", got, ok)
		}
	})
}

// TestEveryTakerIsWoken: takers that wait get one each of items put at once, the
// wake being one for all.
func TestEveryTakerIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const takers = 50
		q := queue.New[int]()
		got := make(chan int, takers)
		for range takers {
			go func() {
				if v, ok := q.Take(t.Context()); ok {
					got <- v
				}
			}()
		}
		synctest.Wait()
		for n := range takers {
			q.Put(n)
		}
		synctest.Wait()
		if len(got) != takers || q.Len() != 0 {
			t.Errorf("%d of %d takers have something, %d wait", len(got), takers, q.Len())
		}
	})
}

// TestGivingUpWakesAnother: takers are woken and given up at once, again and
// again; whichever comes first, what was put reaches one that waits on.
func TestGivingUpWakesAnother(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			q := queue.New[int]()
			ctx, cancel := context.WithCancel(t.Context())
			got := make(chan int, 3)
			take := func(ctx context.Context) {
				if v, ok := q.Take(ctx); ok {
					got <- v
				}
			}
			go take(ctx)
			go take(ctx)
			go take(t.Context())
			synctest.Wait()
			q.Put(1)
			cancel()
			synctest.Wait()
			if len(got) != 1 || q.Len() != 0 {
				t.Errorf("%d took it, %d wait", len(got), q.Len())
			}
			q.Put(2) // The last one may wait still; the queue ends its wait.
		})
	}
}

// TestAtOnce is for the race detector: each of what many put reaches exactly one
// of many takers, and what one puts reaches a lone reader in its order.
func TestAtOnce(t *testing.T) {
	const putters, each = 8, 500
	type item struct{ from, n int }
	readers := map[string]func(ctx context.Context, q *queue.Queue[item], handle func(item)){
		"take": func(ctx context.Context, q *queue.Queue[item], handle func(item)) {
			for {
				v, ok := q.Take(ctx)
				if !ok {
					return
				}
				handle(v)
			}
		},
		"drain": func(ctx context.Context, q *queue.Queue[item], handle func(item)) {
			for {
				for _, v := range q.Drain() {
					handle(v)
				}
				select {
				case <-q.Wake():
				case <-ctx.Done():
					return
				}
			}
		},
	}
	for name, read := range readers {
		for _, n := range map[string][]int{"take": {1, 4}, "drain": {1}}[name] {
			t.Run(name, func(t *testing.T) {
				q := queue.New[item]()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var mu sync.Mutex
				seen, last := map[item]int{}, map[int]int{}
				handle := func(v item) {
					mu.Lock()
					defer mu.Unlock()
					seen[v]++
					if n == 1 && v.n < last[v.from] {
						t.Errorf("%d of %d comes after %d", v.n, v.from, last[v.from])
					}
					last[v.from] = v.n
					if len(seen) == putters*each {
						cancel()
					}
				}
				var all sync.WaitGroup
				for range n {
					all.Go(func() { read(ctx, q, handle) })
				}
				for from := range putters {
					all.Go(func() {
						for n := range each {
							q.Put(item{from, n})
						}
					})
				}
				all.Wait()
				for v, times := range seen {
					if times != 1 {
						t.Errorf("%v was read %d times", v, times)
					}
				}
				if len(seen) != putters*each {
					t.Errorf("%d of %d were read", len(seen), putters*each)
				}
			})
		}
	}
}

// TestTakenIsFreed: a queue that is never empty does not hold what it gave away.
func TestTakenIsFreed(t *testing.T) {
	q := queue.New[*[1 << 10]byte]()
	freed := make(chan struct{})
	func() {
		big := new([1 << 10]byte)
		runtime.AddCleanup(big, func(int) { close(freed) }, 0)
		q.Put(big)
	}()
	q.Put(nil)
	if _, ok := q.Take(t.Context()); !ok {
		t.Fatal("nothing to take")
	}
	testwait.Until(t, "what was taken is freed", func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	})
	runtime.KeepAlive(q)
}
