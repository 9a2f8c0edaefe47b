package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/audit"
)

// rig is an audit on a log in memory, in fake time.
type rig struct {
	*audit.Audit
	t      *testing.T
	log    *memory.Log
	absent atomic.Bool // There is no stream.
	down   atomic.Bool // Nothing answers.
	// unknown has the next append be stored and its answer be lost.
	unknown atomic.Bool
	lost    atomic.Int64
	lines   apitest.Lines
	stop    func()
}

// on starts an audit; what is set before it begins is set by prepare.
func on(t *testing.T, prepare ...func(*rig)) *rig {
	r := &rig{t: t}
	r.log = memory.New(memory.WithFault(func(_ []eventlog.Entry, stored bool) error {
		switch {
		case r.absent.Load():
			return eventlog.ErrNoLog
		case r.down.Load():
			return eventlog.ErrUnavailable
		case stored && r.unknown.CompareAndSwap(true, false):
			return eventlog.ErrOutcomeUnknown
		}
		return nil
	}))
	for _, f := range prepare {
		f(r)
	}
	r.Audit = audit.New(audit.Options{
		Open: func(context.Context) (eventlog.Log, error) {
			switch {
			case r.absent.Load():
				return nil, eventlog.ErrNoLog
			case r.down.Load():
				return nil, eventlog.ErrUnavailable
			}
			return lasting{r.log}, nil
		},
		Source: "taurus/api/test", Now: time.Now, Logger: zerolog.New(&r.lines), Lost: func(n int) { r.lost.Add(int64(n)) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(r.stop)
	synctest.Wait()
	return r
}

// lasting is a log that opens again after it was closed.
type lasting struct{ *memory.Log }

func (lasting) Close() error { return nil }

var ann = access.Principal{Name: "ann", By: access.BearerToken, TokenID: "0a1b"}

func done(job string) auditing.Answer {
	return auditing.Answer{
		At: time.Now(), Principal: access.Principal{Name: "ann", By: access.Certificate}, Method: "POST", Route: "/v2/jobs/:id/stop", Right: access.Stop,
		Job: job, Status: 200,
	}
}

func refused(job string) auditing.Answer {
	a := done(job)
	a.Status, a.Denied = 403, true
	return a
}

// told are the records that a filter chooses, the newest first, as jobs and counts.
func (r *rig) told(f auditing.Filter) string {
	r.t.Helper()
	synctest.Wait()
	var all []string
	for before := uint64(0); ; {
		page, err := r.Page(r.t.Context(), f, before, 3)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range page.Records {
			text := e.Job
			if e.Count > 0 {
				text += fmt.Sprintf("x%d", e.Count)
			}
			if e.Dropped > 0 {
				text += fmt.Sprintf("-%d", e.Dropped)
			}
			all = append(all, text)
		}
		if before = page.Next; before == 0 {
			return strings.Join(all, " ")
		}
	}
}

func (r *rig) want(f auditing.Filter, want string) {
	r.t.Helper()
	if got := r.told(f); got != want {
		r.t.Errorf("told is %q, want %q", got, want)
	}
}

func TestWhatIsDoneIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		began := time.Now()
		for i := range 7 {
			r.Take(done(fmt.Sprint(i)))
			time.Sleep(time.Second)
		}
		r.want(auditing.Filter{}, "6 5 4 3 2 1 0")
		r.want(auditing.Filter{Since: began.Add(2 * time.Second), Until: began.Add(4 * time.Second)}, "4 3 2")
		r.want(auditing.Filter{Job: "5"}, "5")
		r.want(auditing.Filter{Outcome: auditing.Refused}, "")
		if checks := r.Checks(); checks != nil {
			t.Error(checks)
		}
	})
}

func TestRefusalsAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		for range 100 {
			r.Take(refused("web"))
		}
		r.want(auditing.Filter{}, "web")
		time.Sleep(auditing.JoinedFor + 2*time.Second)
		r.want(auditing.Filter{}, "webx99 web")
	})
}

// TestAStopLosesNothing: what was joined is told, though its minute is not over.
func TestAStopLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		for range 3 {
			r.Take(refused("web"))
		}
		r.Take(done("db"))
		r.stop()
		if b, _ := r.log.Bounds(t.Context()); b.Last != 3 || r.lost.Load() != 0 {
			t.Errorf("%d records, %d lost", b.Last, r.lost.Load())
		}
	})
}

// TestAnOutage holds nobody up, and is made up for as far as the queue has room; what it
// has not is told of.
func TestAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		r.Take(done("before"))
		synctest.Wait()
		r.down.Store(true)
		r.Take(done("first"))
		synctest.Wait() // It is under way.
		began := time.Now()
		for range audit.QueueMax + 5 {
			r.Take(done("x"))
		}
		if !time.Now().Equal(began) {
			t.Error("taking an answer took time")
		}
		if n := r.lost.Load(); n != 5 {
			t.Errorf("%d lost", n)
		}
		if checks := r.Checks(); len(checks) != 1 || !strings.Contains(checks[0].Detail, "not recorded") {
			t.Error(checks)
		}
		time.Sleep(10 * time.Minute)
		r.down.Store(false)
		time.Sleep(2 * audit.OpenEvery)
		synctest.Wait()
		if checks := r.Checks(); checks != nil {
			t.Error(checks)
		}
		r.want(auditing.Filter{Job: "first"}, "first-5") // The first that gets through.
		b, err := r.log.Bounds(t.Context())
		if err != nil || b.Last != audit.QueueMax+2 {
			t.Errorf("%d records, %v", b.Last, err)
		}
	})
}

// TestALongOutage: what has waited too long is dropped, so that Until finds what it should.
func TestALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		r.down.Store(true)
		r.Take(done("old"))
		time.Sleep(audit.LateMax)
		r.Take(done("new"))
		time.Sleep(time.Minute)
		r.down.Store(false)
		time.Sleep(2 * audit.OpenEvery)
		r.want(auditing.Filter{}, "new-1")
		if n := r.lost.Load(); n != 1 {
			t.Errorf("%d lost", n)
		}
	})
}

// TestAnAnswerThatIsLost: what is appended twice is read once.
func TestAnAnswerThatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		r.unknown.Store(true)
		r.Take(done("web"))
		time.Sleep(time.Minute)
		if b, _ := r.log.Bounds(t.Context()); b.Last != 2 {
			t.Errorf("%d records", b.Last)
		}
		r.want(auditing.Filter{}, "web")
	})
}

// TestAnInstallationOfBefore has no such stream: it is said, and once it is made it is used.
func TestAnInstallationOfBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, func(r *rig) { r.absent.Store(true) })
		r.Take(done("web"))
		time.Sleep(5 * audit.OpenEvery)
		if _, err := r.Page(t.Context(), auditing.Filter{}, 0, 1); !errors.Is(err, audit.ErrAbsent) {
			t.Error(err)
		}
		if checks := r.Checks(); len(checks) != 1 || !strings.Contains(checks[0].Detail, "`taurus log create` makes it") {
			t.Error(checks)
		}
		r.absent.Store(false)
		time.Sleep(2 * audit.OpenEvery)
		r.want(auditing.Filter{}, "web")
		r.absent.Store(true) // Somebody has deleted it.
		r.Take(done("db"))
		time.Sleep(time.Second)
		if r.Checks() == nil {
			t.Error("nothing is said of a stream that is gone")
		}
		r.absent.Store(false)
		time.Sleep(2 * audit.OpenEvery)
		r.want(auditing.Filter{}, "db web")
		if got := strings.Count(r.lines.String(), "\n"); got != 4 {
			t.Errorf("%d lines are logged: %s", got, r.lines.String())
		}
	})
}

// TestNeverOpen counts what is lost in the end.
func TestNeverOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, func(r *rig) { r.absent.Store(true) })
		r.Take(done("web"))
		r.stop()
		if n := r.lost.Load(); n != 1 {
			t.Errorf("%d lost", n)
		}
	})
}

func TestUseOfTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		began := time.Now()
		read := auditing.Answer{Principal: ann, Method: "GET", Route: "/v2/jobs", Right: access.Read, Status: 200}
		for range 90 { // An hour and a half.
			read.At = time.Now()
			r.Take(read)
			time.Sleep(time.Minute)
		}
		r.want(auditing.Filter{}, "") // Reads are none of it.
		if b, _ := r.log.Bounds(t.Context()); b.Last != 2 {
			t.Errorf("%d records", b.Last)
		}
		if got := r.LastUse("0a1b"); !got.Equal(began.Add(time.Hour)) {
			t.Errorf("last used %v after the first", got.Sub(began))
		}
		r.stop()
		again := on(t, func(other *rig) { other.log = r.log })
		synctest.Wait()
		if got := again.LastUse("0a1b"); !got.Equal(began.Add(time.Hour)) {
			t.Errorf("another api knows of %v", got)
		}
	})
}

// TestPagesEnd: a page that looks at much goes on, and finds all in the end.
func TestPagesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t)
		r.Take(done("needle"))
		for range 30 {
			for range 1000 {
				r.Take(done("hay"))
			}
			time.Sleep(time.Second)
		}
		page, err := r.Page(t.Context(), auditing.Filter{Job: "needle"}, 0, 10)
		if err != nil || len(page.Records) != 0 || page.Next != 30_001-audit.ScanMax+1 {
			t.Fatalf("%+v, %v", page, err)
		}
		r.want(auditing.Filter{Job: "needle"}, "needle")
		r.log.Forget(20_000)
		r.want(auditing.Filter{Job: "needle"}, "")
	})
}

func TestNoAudit(t *testing.T) {
	t.Parallel()
	a := audit.New(audit.Options{Now: time.Now})
	a.Take(refused("web"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.Run(ctx)
	if _, err := a.Page(t.Context(), auditing.Filter{}, 0, 1); !errors.Is(err, audit.ErrAbsent) || len(a.Checks()) > 0 {
		t.Error(err)
	}
}
