package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Bounds of what waits to be recorded.
const (
	// QueueMax is how many records wait at most.
	QueueMax = 4096
	// LateMax is for how long a record may wait.
	LateMax = time.Hour
	// OpenEvery is how often a stream that cannot be opened is tried again.
	OpenEvery = 30 * time.Second

	openTimeout = 10 * time.Second
	dueEvery    = time.Second
	// leaveTimeout bounds the last append of an api that stops.
	leaveTimeout = 2 * time.Second
)

// CheckAudit is the name of the check.
const CheckAudit = "audit"

// Options are what an audit is given.
type Options struct {
	// Open opens the audit stream; nil has nothing recorded. What it returns is closed.
	Open func(context.Context) (eventlog.Log, error)
	// Source is the instance that records.
	Source string
	Now    func() time.Time
	Logger zerolog.Logger
	// Recorded and Lost are told how many records were stored, and dropped; nil is nobody.
	Recorded, Lost func(n int)
}

// Audit records answers. It is safe for concurrent use.
type Audit struct {
	o     Options
	queue chan entry
	// begun tells this process' records from those of others.
	begun  int64
	number atomic.Uint64
	// dropped is how many no record tells of yet.
	dropped atomic.Uint64

	mu       sync.Mutex
	recorder auditing.Recorder
	uses     auditing.Uses
	log      eventlog.Log // Nil while it is not open.
	trouble  string       // Why nothing is recorded; empty if it is.
}

// entry is a record that is to be appended.
type entry struct {
	subject, id, actor string
	at                 time.Time
	event              events.Event
}

// New returns an audit that Run has recorded.
func New(o Options) *Audit {
	if o.Recorded == nil {
		o.Recorded = func(int) {}
	}
	if o.Lost == nil {
		o.Lost = func(int) {}
	}
	return &Audit{o: o, queue: make(chan entry, QueueMax), begun: o.Now().UnixNano(), trouble: "it has not begun"}
}

// Take has an answer recorded if it is to be. It never waits.
func (a *Audit) Take(answer auditing.Answer) {
	if a.o.Open == nil {
		return
	}
	p := answer.Principal
	a.mu.Lock()
	rec, record := a.recorder.Take(answer)
	use := p.By == access.BearerToken && p.TokenID != "" && a.uses.Use(p.TokenID, answer.At)
	a.mu.Unlock()
	if record {
		a.put(rec)
	}
	if use {
		a.enqueue(entry{
			subject: events.AuditUsed, actor: p.Name, at: answer.At,
			event: events.TokenUsed{ID: p.TokenID, Owner: p.Name, Address: answer.Address},
		})
	}
}

func (a *Audit) put(rec auditing.Record) {
	a.enqueue(entry{subject: rec.Subject, actor: rec.Event.Principal, at: rec.At, event: rec.Event})
}

func (a *Audit) enqueue(e entry) {
	e.id = fmt.Sprintf("audit/%s@%d.%d", a.o.Source, a.begun, a.number.Add(1))
	select {
	case a.queue <- e:
	default:
		a.drop(1)
	}
}

func (a *Audit) drop(n int) {
	a.dropped.Add(uint64(n))
	a.o.Lost(n)
}

// LastUse returns when a token was used last, zero if that is not known.
func (a *Audit) LastUse(id string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.uses.Last(id)
}

// Checks warn while nothing is recorded.
func (a *Audit) Checks() []ready.Check {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.o.Open == nil || a.trouble == "" {
		return nil
	}
	return []ready.Check{{Name: CheckAudit, Level: ready.Warn, Detail: "who does what is not recorded: " + a.trouble}}
}

// troubled notes why nothing is recorded, empty if it is, and says so when that changes.
func (a *Audit) troubled(why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch why {
	case a.trouble:
	case "":
		a.o.Logger.Info().Msg("who does what is recorded")
	default:
		a.o.Logger.Warn().Str("reason", why).Msg("who does what is not recorded")
	}
	a.trouble = why
}

// Run records until ctx ends.
func (a *Audit) Run(ctx context.Context) {
	if a.o.Open == nil {
		<-ctx.Done()
		return
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { a.join(ctx) })
	w := &writer{audit: a}
	for ctx.Err() == nil {
		log, err := a.open(ctx)
		if err != nil {
			if ctx.Err() == nil {
				a.troubled(reason(err))
			}
			_ = pause.For(ctx, OpenEvery) // The error is ctx's.
			continue
		}
		a.use(ctx, log, w)
	}
	if n := len(w.batch) + len(a.queue); n > 0 {
		a.drop(n)
		a.o.Logger.Warn().Int("records", n).Msg("the last of who did what is not recorded")
	}
}

// reason is why the stream is of no use, with the way out.
func reason(err error) string {
	if errors.Is(err, eventlog.ErrNoLog) {
		return "the audit stream is not there; `taurus log create` makes it"
	}
	return err.Error()
}

func (a *Audit) open(ctx context.Context) (eventlog.Log, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return a.o.Open(ctx)
}

// use writes and follows a stream until ctx ends, or the stream is of no use any more.
func (a *Audit) use(ctx context.Context, log eventlog.Log, w *writer) {
	a.setLog(log)
	a.troubled("")
	following, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { a.follow(following, log) })
	if err := w.run(ctx, log); err != nil {
		a.troubled(reason(err))
	}
	a.setLog(nil)
	stop()
	parts.Wait()
	if err := log.Close(); err != nil {
		a.o.Logger.Debug().Err(err).Msg("the audit stream was not closed well")
	}
}

func (a *Audit) setLog(log eventlog.Log) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log = log
}

// join has what was joined recorded when it is due, and the rest at the end.
func (a *Audit) join(ctx context.Context) {
	ticker := time.NewTicker(dueEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			a.mu.Lock()
			due := a.recorder.Due(a.o.Now())
			a.mu.Unlock()
			for _, rec := range due {
				a.put(rec)
			}
		case <-ctx.Done():
			return
		}
	}
}

// follow learns when tokens were used, also of other apis.
func (a *Audit) follow(ctx context.Context, log eventlog.Log) {
	for from := uint64(1); ctx.Err() == nil; {
		for rec, err := range log.Read(ctx, from, 0) {
			if err != nil {
				if errors.Is(err, eventlog.ErrGap) {
					from = 1 // It was made anew.
				}
				break
			}
			from = rec.Sequence + 1
			a.learn(rec)
		}
		_ = pause.For(ctx, OpenEvery) // The error is ctx's.
	}
}

func (a *Audit) learn(rec eventlog.Record) {
	if rec.Subject != events.AuditUsed {
		return
	}
	env, ev, err := events.Decode(rec.Message)
	if err != nil {
		return
	}
	if used, ok := ev.(events.TokenUsed); ok {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.uses.Learn(used.ID, env.Time)
	}
}
