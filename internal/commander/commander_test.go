package commander_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestMain(m *testing.M) { testwait.Main(m) }

const source = "taurus/api/test"

// rig is a commander that runs on a log.
type rig struct {
	*commander.Commander
	t     *testing.T
	log   eventlog.Log
	loop  *fold.Loop
	stop  context.CancelFunc
	ended chan error
	// stored and failed count what Appended was told.
	stored, failed atomic.Int32
}

// start runs a commander in a bubble of synctest; the test ends it with stop.
func start(t *testing.T, log eventlog.Log) *rig {
	t.Helper()
	r := prepare(t, log)
	r.run()
	synctest.Wait()
	return r
}

func prepare(t *testing.T, log eventlog.Log) *rig {
	t.Helper()
	state := cluster.New()
	loop, err := fold.New(state, fold.Options{Log: log, Role: "api", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, log: log, loop: loop, ended: make(chan error, 1)}
	r.Commander, err = commander.New(commander.Options{
		Loop: loop, State: state, Log: log, Space: events.NewSpace(0), Instance: "test", Source: source,
		Appended: func(_ string, stored bool) {
			if stored {
				r.stored.Add(1)
			} else {
				r.failed.Add(1)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) run() {
	ctx, stop := context.WithCancel(r.t.Context())
	r.stop = stop
	go func() { r.ended <- r.Run(ctx) }()
}

func (r *rig) close() {
	r.stop()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		r.t.Errorf("Run: %v", err)
	}
}

func (r *rig) do(ctx context.Context, id string, c submission.Command) (uint64, error) {
	return r.Do(ctx, commander.Author{Actor: "ann", Trace: "00-trace"}, id, c)
}

func submit(id string) submission.Submit {
	return submission.Submit{Spec: fmt.Appendf(nil, `{"id":%q,"tasks":[{"name":"g","replicas":1,"container":{"image":"i"}}]}`, id)}
}

func scale(n uint32) submission.Scale {
	return submission.Scale{Replicas: n, Limits: job.DefaultLimits()}
}

// outcome is what Do returned.
type outcome struct {
	sequence uint64
	err      error
}

func (r *rig) later(ctx context.Context, id string, c submission.Command) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		n, err := r.do(ctx, id, c)
		done <- outcome{n, err}
	}()
	return done
}

// TestDo carries commands out, and answers with what is folded.
func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, memory.New())
		defer r.close()
		for i, c := range []submission.Command{submit("a"), scale(2), submission.Stop{}, submission.Stop{}} {
			n, err := r.do(t.Context(), "a", c)
			if want := uint64(min(i+1, 3)); err != nil || n != want || r.loop.Sequence() < n-1 {
				t.Fatalf("%T: %d, %v; folded %d; want %d", c, n, err, r.loop.Sequence(), want)
			}
		}
		if _, err := r.do(t.Context(), "b", submission.Stop{}); !errors.Is(err, submission.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		rec := foldtest.Records(t, r.log)[0]
		env, _, err := events.Decode(rec.Message)
		if err != nil || env.Actor != "ann" || env.TraceParent != "00-trace" || env.Source != source || env.Cause != 0 {
			t.Errorf("envelope %+v, %v", env, err)
		}
		if r.stored.Load() != 3 || r.failed.Load() != 0 {
			t.Errorf("counted %d stored, %d not", r.stored.Load(), r.failed.Load())
		}
	})
}

// TestInstancesRace for one job: each command is carried out once.
func TestInstancesRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		one, two := start(t, log), start(t, log)
		defer one.close()
		defer two.close()
		if _, err := one.do(t.Context(), "a", submit("a")); err != nil {
			t.Fatal(err)
		}
		if err := two.loop.WaitFor(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for n := range uint32(4) {
			for i, r := range []*rig{one, two} {
				all.Go(func() {
					if _, err := r.do(t.Context(), "a", scale(10+2*n+uint32(i))); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if got := len(foldtest.Events[events.JobScaled](t, log)); got != 8 {
			t.Errorf("%d events of 8 commands", got)
		}
	})
}

// TestAccessIsRacedFor by instances, and by an operator who has the key of the log: each
// command is carried out once, and those about jobs do not wait for it.
func TestAccessIsRacedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		one, two := start(t, log), start(t, log)
		defer one.close()
		defer two.close()
		token := func(n int) access.CreateToken {
			return access.CreateToken{ID: fmt.Sprintf("%032x", n), Owner: "bob", Hash: fmt.Sprintf("%064x", n), Roles: []string{access.RoleReader}}
		}
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				if _, err := []*rig{one, two}[n%2].DoAccess(t.Context(), commander.Author{Actor: "ann"}, token(n)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			for last := uint64(0); ; last++ { // All are of this subject.
				c := token(100)
				m, err := events.Encode(events.AccessSubject, events.Envelope{ID: "operator"}, events.TokenCreated{ID: c.ID, Owner: c.Owner, Hash: c.Hash, Roles: c.Roles})
				if err != nil {
					t.Error(err)
				}
				if _, err := log.Append(t.Context(), eventlog.Decision(m, last)); err == nil {
					return
				}
			}
		})
		all.Wait()
		if got := len(foldtest.Events[events.TokenCreated](t, log)); got != 9 {
			t.Errorf("%d tokens of 9", got)
		}
		if _, err := one.DoAccess(t.Context(), commander.Author{}, access.RevokeToken{ID: "none"}); !errors.Is(err, access.ErrNoToken) {
			t.Error(err)
		}
		if _, err := one.do(t.Context(), "a", submit("a")); err != nil {
			t.Error(err)
		}
	})
}

// slow is a log whose appends and whose usage wait until they are let go, or
// their context ends.
type slow struct {
	eventlog.Log
	appends, usage chan error
}

func newSlow() *slow {
	return &slow{Log: memory.New(), appends: make(chan error), usage: make(chan error)}
}

func (s *slow) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	select {
	case err := <-s.appends:
		if err != nil {
			return eventlog.Receipt{}, err
		}
		return s.Log.Append(ctx, entries...)
	case <-ctx.Done():
		return eventlog.Receipt{}, eventlog.ErrOutcomeUnknown
	}
}

func (s *slow) Usage(ctx context.Context) (eventlog.Usage, error) {
	select {
	case err := <-s.usage:
		return eventlog.Usage{Bytes: 81, MaxBytes: 100}, err
	case <-ctx.Done():
		return eventlog.Usage{}, ctx.Err()
	}
}

// TestErrorsAreTheLogsOwn, whoever finds them.
func TestErrorsAreTheLogsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlow()
		r := start(t, s)
		defer r.close()
		done := r.later(t.Context(), "a", submit("a"))
		s.usage <- nil
		if got := <-done; !errors.Is(got.err, commander.ErrNearlyFull) {
			t.Errorf("nearly full: %v", got.err)
		}
		time.Sleep(time.Second)
		done = r.later(t.Context(), "a", submit("a"))
		s.usage <- eventlog.ErrUnavailable
		if got := <-done; !errors.Is(got.err, eventlog.ErrUnavailable) {
			t.Errorf("away: %v", got.err)
		}
		put(t, s.Log, "a")
		for _, err := range []error{eventlog.ErrFull, eventlog.ErrUnavailable, eventlog.ErrTooLarge, eventlog.ErrClosed} {
			done := r.later(t.Context(), "a", scale(2))
			s.appends <- err
			if got := <-done; !errors.Is(got.err, err) {
				t.Errorf("got %v, want %v", got.err, err)
			}
		}
		done = r.later(t.Context(), "a", scale(2))
		for range 10 {
			s.appends <- eventlog.ErrConflict
		}
		got := <-done
		const want = `eventlog: the subject has moved on since the decision was made: lost 10 races for job "a"`
		if !errors.Is(got.err, eventlog.ErrConflict) || got.err.Error() != want {
			t.Errorf("got %v", got.err)
		}
	})
}

func put(t *testing.T, log eventlog.Log, id string) {
	t.Helper()
	m, err := events.Encode(events.NewSpace(0).Job(id), events.Envelope{ID: "x", Source: "x", Time: time.Now()},
		events.JobSubmitted{Spec: submit(id).Spec})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// TestGivingUp: nobody waits longer than they want to, and each is told what is
// known.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlow()
		r := start(t, s)
		defer r.close()
		gone, cancel := context.WithCancelCause(t.Context())
		weighing := r.later(gone, "b", submit("b"))
		synctest.Wait()
		cancel(nil)
		if got := <-weighing; !errors.Is(got.err, context.Canceled) || errors.Is(got.err, eventlog.ErrOutcomeUnknown) {
			t.Errorf("weighing: %v", got.err)
		}
		if _, err := r.do(gone, "a", scale(2)); !errors.Is(err, context.Canceled) {
			t.Errorf("gone before: %v", err)
		}
		put(t, s.Log, "a")
		brief, cancelBrief := context.WithTimeout(t.Context(), time.Second)
		defer cancelBrief()
		appending := r.later(brief, "a", scale(2))
		synctest.Wait()
		queued := r.later(brief, "a", scale(3))
		got := <-appending
		const want = "eventlog: it is not known whether the append was stored: context deadline exceeded"
		if !errors.Is(got.err, eventlog.ErrOutcomeUnknown) || !errors.Is(got.err, context.DeadlineExceeded) || got.err.Error() != want {
			t.Errorf("appending: %v", got.err)
		}
		if got := <-queued; !errors.Is(got.err, context.DeadlineExceeded) || errors.Is(got.err, eventlog.ErrOutcomeUnknown) {
			t.Errorf("queued: %v", got.err)
		}
		next := r.later(t.Context(), "a", scale(4))
		synctest.Wait()
		s.appends <- nil // The one that was given up.
		s.appends <- nil // The next meets it: decided on the fold that may be behind.
		select {
		case s.appends <- nil:
		case got := <-next:
			if got.err != nil {
				t.Errorf("next: %v", got.err)
			}
			return
		}
		if got := <-next; got.err != nil {
			t.Errorf("next: %v", got.err)
		}
	})
}

// TestBeforeTheLogIsFolded: commands wait for it, and give up with their caller.
func TestBeforeTheLogIsFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		put(t, log, "a")
		r := prepare(t, log)
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.do(brief, "a", submission.Stop{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		patient := r.later(t.Context(), "a", submission.Stop{})
		synctest.Wait()
		r.run()
		if got := <-patient; got.err != nil || got.sequence != 2 {
			t.Errorf("got %+v", got)
		}
		r.close()
	})
}

// TestTheEnd: whoever waits when the service ends is told, by what is known, and
// who comes later too.
func TestTheEnd(t *testing.T) {
	const notSkipped = "what must not be skipped"
	for _, how := range []string{"stop", notSkipped} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlow()
				put(t, s.Log, "a")
				r := start(t, s)
				appending := r.later(t.Context(), "a", scale(2))
				synctest.Wait()
				queued := []<-chan outcome{r.later(t.Context(), "a", scale(3)), r.later(t.Context(), "b", submit("b"))}
				synctest.Wait()
				cause := context.Canceled
				if how == notSkipped {
					cause = events.ErrUnknownMajor
					if _, err := s.Log.Append(t.Context(), eventlog.Fact(foldtest.Newer())); err != nil {
						t.Fatal(err)
					}
				} else {
					r.stop()
				}
				if got := <-appending; !errors.Is(got.err, eventlog.ErrOutcomeUnknown) || !errors.Is(got.err, eventlog.ErrStopped) {
					t.Errorf("appending: %v", got.err)
				}
				for _, done := range queued {
					if got := <-done; !errors.Is(got.err, eventlog.ErrStopped) || !errors.Is(got.err, cause) ||
						errors.Is(got.err, eventlog.ErrOutcomeUnknown) {
						t.Errorf("queued: %v", got.err)
					}
				}
				if err := <-r.ended; !errors.Is(err, cause) {
					t.Errorf("Run: %v", err)
				}
				r.stop()
				if _, err := r.do(t.Context(), "a", submission.Stop{}); !errors.Is(err, eventlog.ErrStopped) {
					t.Errorf("later: %v", err)
				}
				if _, err := r.StopAll(t.Context(), commander.Author{}, nil); !errors.Is(err, eventlog.ErrStopped) {
					t.Errorf("later: %v", err)
				}
			})
		})
	}
}

// TestTheEndOfACrowd: none of many that come and go while the service ends is
// forgotten.
func TestTheEndOfACrowd(t *testing.T) {
	r := prepare(t, memory.New())
	r.run()
	if _, err := r.do(t.Context(), "a", submit("a")); err != nil {
		t.Fatal(err)
	}
	var crowd sync.WaitGroup
	for n := range uint32(64) {
		crowd.Go(func() {
			for i := range uint32(1000) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*50*time.Microsecond)
				_, err := r.do(ctx, "a", scale(n*1000+i))
				cancel()
				if errors.Is(err, eventlog.ErrStopped) {
					return
				}
				if n == 63 && i == 20 {
					r.stop()
				}
			}
		})
	}
	crowd.Wait()
	r.close()
}

// TestStopAll stops what is not over, not too many at once, and tells all that
// went wrong.
func TestStopAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs = 50
		busy := &counting{Log: memory.New()}
		r := start(t, busy)
		defer r.close()
		for n := range jobs {
			if _, err := r.do(t.Context(), fmt.Sprint("job", n), submit(fmt.Sprint("job", n))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.do(t.Context(), "job0", submission.Stop{}); err != nil {
			t.Fatal(err)
		}
		busy.refuse.Store(2)
		n, err := r.StopAll(t.Context(), commander.Author{}, nil)
		if !errors.Is(err, eventlog.ErrFull) || strings.Count(err.Error(), "stop job") != 2 || n != 2*jobs-2 {
			t.Errorf("got %d, %v", n, err)
		}
		if n, err = r.StopAll(t.Context(), commander.Author{}, nil); err != nil || n != 2*jobs {
			t.Errorf("got %d, %v", n, err)
		}
		if n, err = r.StopAll(t.Context(), commander.Author{}, nil); err != nil || n != 2*jobs {
			t.Errorf("nothing to stop: got %d, %v", n, err)
		}
		if most := busy.most.Load(); most > 16 || most < 2 {
			t.Errorf("%d at once", most)
		}
	})
}

// counting is a log that counts how many appends are under way at most, and
// refuses some.
type counting struct {
	eventlog.Log
	inside, most, refuse atomic.Int32
}

func (c *counting) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	c.most.Store(max(c.most.Load(), c.inside.Add(1)))
	defer c.inside.Add(-1)
	time.Sleep(time.Millisecond)
	if c.refuse.Add(-1) >= 0 {
		return eventlog.Receipt{}, eventlog.ErrFull
	}
	return c.Log.Append(ctx, entries...)
}
