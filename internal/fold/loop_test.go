package fold_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

const loopSource = "taurus/tester/one"

// poke is an input of a script, ping an effect.
type (
	poke int
	ping int
)

func (poke) Input()  {}
func (ping) Effect() {}

// scripted is a machine that writes down what it is told, and answers as it is
// told to.
type scripted struct {
	mu    sync.Mutex
	state *cluster.State
	told  []string
	times []machine.Moment
	wake  time.Time
	// reply are the effects of an input, by how it is written down.
	reply map[string][]machine.Effect
}

func (m *scripted) Step(at machine.Moment, in machine.Input) []machine.Effect {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := ""
	switch in := in.(type) {
	case machine.Folded:
		text = fmt.Sprint("folded ", in.Record.Sequence)
		j := m.state.Jobs[in.Record.Subject.Job]
		if in.Change.Judgement == cluster.Rejected {
			j = nil
			text += " rejected"
		}
		if m.state.Sequence != in.Record.Sequence || in.Change.Job != j {
			text += " out of step with the state"
		}
		if in.Own {
			text += " own"
		}
	case machine.CaughtUp:
		text = "caught up"
	case machine.ClockMoved:
		text = "clock moved"
	case machine.Appended:
		text = fmt.Sprintf("appended %d %s %d", in.Ticket, in.Outcome.Answer, in.Outcome.Last)
	case machine.Tick:
		text = "tick"
	case poke:
		text = fmt.Sprint("poke ", int(in))
	}
	m.told, m.times = append(m.told, text), append(m.times, at)
	return m.reply[text]
}

func (m *scripted) Wake() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wake
}

// heard returns what the machine was told since the last time, several ticks in a
// row as one.
func (m *scripted) heard() []string {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	told := slices.CompactFunc(m.told, func(a, b string) bool { return a == "tick" && b == "tick" })
	m.told = nil
	return told
}

// carrier writes down what it carries and sees.
type carrier struct {
	mu            sync.Mutex
	carried, seen []string
}

func (c *carrier) Carry(_ context.Context, e machine.Effect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried = append(c.carried, fmt.Sprintf("%T %v", e, e))
}

func (c *carrier) Observe(in machine.Input) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, fmt.Sprintf("%T", in))
}

// loopRig is a log, and a loop on it with a scripted machine.
type loopRig struct {
	t       *testing.T
	log     *memory.Log
	machine *scripted
	carrier *carrier
	loop    *fold.Loop
	lines   *bytes.Buffer
	metrics *prometheus.Registry
	ahead   time.Duration // of the loop's clock, which is read under the machine's lock
	stop    context.CancelFunc
	done    chan error
}

func newLoopRig(t *testing.T, options ...memory.Option) *loopRig {
	t.Helper()
	state := cluster.New()
	r := &loopRig{
		t: t, log: memory.New(append(options, memory.WithClock(time.Now))...), carrier: &carrier{},
		machine: &scripted{state: state, reply: map[string][]machine.Effect{}},
		lines:   &bytes.Buffer{}, metrics: prometheus.NewRegistry(), done: make(chan error, 1),
	}
	loop, err := fold.New(state, fold.Options{
		Log: r.log, Role: "tester", Source: loopSource, Now: r.now, Logger: zerolog.New(r.lines), Metrics: r.metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.loop = loop
	return r
}

func (r *loopRig) now() time.Time { return time.Now().Add(r.ahead) }

func (r *loopRig) start() {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	r.stop = stop
	go func() { r.done <- r.loop.Run(ctx, r.machine, r.carrier) }()
	r.t.Cleanup(stop)
}

func (r *loopRig) hears(want ...string) {
	r.t.Helper()
	if got := r.machine.heard(); !slices.Equal(got, want) {
		r.t.Errorf("the machine was told\n%q, want\n%q", got, want)
	}
}

func decides(id string) machine.Draft {
	return machine.Decision(events.Space{}.Plan(id), 0, events.Envelope{ID: id, Source: loopSource, Time: time.Now()}, events.JobCompleted{Run: 1})
}

// TestLoopReplays: of what the log held the machine is told record by record, and
// nothing else before it has caught up, whatever was posted meanwhile.
func TestLoopReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		for i := range 3 {
			put(t, r.log, fmt.Sprint(i))
		}
		if err := r.loop.Ready(); !errors.Is(err, fold.ErrNotCaughtUp) || r.loop.Tail() != 0 {
			t.Errorf("before it runs it is %v, the tail %d", err, r.loop.Tail())
		}
		r.loop.Post(t.Context(), poke(1))
		r.start()
		r.hears("folded 1", "folded 2", "folded 3", "caught up", "poke 1", "tick")
		<-r.loop.CaughtUp()
		if err := r.loop.Ready(); err != nil || r.loop.Sequence() != 3 || r.loop.Tail() != 3 {
			t.Errorf("caught up it is %v, at %d, the tail %d", err, r.loop.Sequence(), r.loop.Tail())
		}
		put(t, r.log, "late")
		r.hears("folded 4", "tick")
		if text := r.lines.String(); strings.Count(text, "caught up with the log") != 1 || !strings.Contains(text, `"sequence":3`) {
			t.Errorf("wrote %s", text)
		}
		const want = "# HELP taurus_fold_sequence Last sequence of the log that was folded.\n# TYPE taurus_fold_sequence gauge\n" +
			"taurus_fold_sequence{role=\"tester\"} 4\n"
		if err := testutil.GatherAndCompare(r.metrics, strings.NewReader(want), "taurus_fold_sequence"); err != nil {
			t.Error(err)
		}
	})
}

// TestLoopOfAnEmptyLog has caught up at once.
func TestLoopOfAnEmptyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		r.start()
		r.hears("caught up", "tick")
	})
}

// TestLoopTakesBursts: what waits is folded before the machine is asked what it
// means, but not without end.
func TestLoopTakesBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records = 5000
		r := newLoopRig(t)
		r.start()
		r.hears("caught up", "tick")
		var batch []eventlog.Entry
		for i := range records {
			m, err := events.Encode(events.Space{}.Job("web"), events.Envelope{ID: fmt.Sprint(i), Time: time.Now()}, events.JobStopped{Run: 1})
			if err != nil {
				t.Fatal(err)
			}
			batch = append(batch, eventlog.Fact(m))
		}
		if _, err := r.log.Append(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
		if err := r.loop.WaitFor(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		told := r.machine.heard()
		between, most, folded := 0, 0, 0
		for _, text := range told {
			if text == "tick" {
				between = 0
				continue
			}
			between, folded = between+1, folded+1
			most = max(most, between)
		}
		if folded != records || most > 1025 {
			t.Errorf("%d records, at most %d without a tick", folded, most)
		}
	})
}

// TestLoopAppends carries out what the machine wants, in order, and tells it what
// became of it; of its own records it says so.
func TestLoopAppends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := error(nil)
		r := newLoopRig(t, memory.WithFault(func(_ []eventlog.Entry, stored bool) error {
			if stored || fault == nil {
				return nil
			}
			return fault
		}))
		put(t, r.log, "web")
		ask := func(ticket uint64) []machine.Effect {
			return []machine.Effect{
				ping(ticket),
				machine.Append{Ticket: ticket, Drafts: []machine.Draft{decides("web")}},
				machine.Note{Level: machine.Warn, Message: "asked", Job: "web", Sequence: 7, Err: errors.New("why"), Fields: []machine.Field{
					{Key: "n", Value: 1}, {Key: "at", Value: time.Unix(0, 0).UTC()}, {Key: "for", Value: time.Second}, {Key: "text", Value: "x"},
				}},
			}
		}
		for n := range 4 {
			r.machine.reply[fmt.Sprint("poke ", n)] = ask(uint64(n))
		}
		r.start()
		r.hears("folded 1", "caught up", "tick")
		say := func(n int, want ...string) {
			t.Helper()
			r.loop.Post(t.Context(), poke(n))
			got := slices.DeleteFunc(r.machine.heard(), func(text string) bool { return text == "tick" })
			slices.Sort(got) // The answer and the record come in any order.
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("the machine was told %q, want %q", got, want)
			}
		}
		say(0, "poke 0", "appended 0 stored 2", "folded 2 own")
		say(1, "poke 1", "appended 1 conflict 0")
		fault = eventlog.ErrOutcomeUnknown
		say(2, "poke 2", "appended 2 unknown 0")
		fault = eventlog.ErrFull
		say(3, "poke 3", "appended 3 refused 0")
		if want := []string{"fold_test.ping 0", "fold_test.ping 1", "fold_test.ping 2", "fold_test.ping 3"}; !slices.Equal(r.carrier.carried, want) {
			t.Errorf("carried %q", r.carrier.carried)
		}
		if want := slices.Repeat([]string{"fold_test.poke", "machine.Appended"}, 4); !slices.Equal(r.carrier.seen, want) {
			t.Errorf("observed %q", r.carrier.seen)
		}
		const line = `{"level":"warn","error":"why","job":"web","sequence":7,"n":1,"at":"1970-01-01T00:00:00Z","for":1000,"text":"x","message":"asked"}`
		if text := r.lines.String(); strings.Count(text, line) != 4 {
			t.Errorf("wrote %s", text)
		}
	})
}

// TestLoopAppendThatHangs is given up after a while.
func TestLoopAppendThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := cluster.New()
		log := hangingLog{memory.New()}
		m := &scripted{state: state, reply: map[string][]machine.Effect{
			"caught up": {machine.Append{Ticket: 1, Drafts: []machine.Draft{decides("web")}}},
		}}
		loop, err := fold.New(state, fold.Options{Log: log, Role: "tester"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- loop.Run(ctx, m, nil) }()
		time.Sleep(20*time.Second - 1)
		if got := m.heard(); !slices.Equal(got, []string{"caught up", "tick"}) {
			t.Errorf("told %q", got)
		}
		time.Sleep(time.Nanosecond)
		if got := m.heard(); !slices.Equal(got, []string{"appended 1 refused 0", "tick"}) {
			t.Errorf("told %q", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

type hangingLog struct{ eventlog.Log }

func (hangingLog) Append(ctx context.Context, _ ...eventlog.Entry) (eventlog.Receipt, error) {
	<-ctx.Done()
	return eventlog.Receipt{}, ctx.Err()
}

// TestLoopHistoryIsNotOwn: what a predecessor of the same name appended is not, but
// for what it does since it has caught up.
func TestLoopHistoryIsNotOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		if got := fold.Append(t.Context(), r.log, decides("web")); got.Answer != machine.Stored {
			t.Fatal(got)
		}
		r.start()
		r.hears("folded 1", "caught up", "tick")
		if got := fold.Append(t.Context(), r.log, decides("api")); got.Answer != machine.Stored {
			t.Fatal(got)
		}
		r.hears("folded 2 own", "tick")
	})
}

// TestLoopWakes the machine when it wants to, and not before; a wake that has
// passed does not make it spin, and one that was missed is made up for.
func TestLoopWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		began := time.Now()
		r.machine.wake = began.Add(90 * time.Second)
		r.start()
		time.Sleep(90*time.Second - 1)
		synctest.Wait()
		r.machine.mu.Lock()
		if n := len(r.machine.told); n != 3 { // Caught up, looked, and after a minute at most.
			t.Errorf("told %q", r.machine.told)
		}
		r.machine.mu.Unlock()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		r.machine.mu.Lock()
		if n := len(r.machine.told); n != 4 || !r.machine.times[3].Now.Equal(began.Add(90*time.Second)) {
			t.Errorf("told %q, at last at %v", r.machine.told, r.machine.times[n-1])
		}
		r.machine.told = nil
		r.machine.mu.Unlock()
		time.Sleep(10 * time.Millisecond) // The wake is in the past now.
		synctest.Wait()
		r.machine.mu.Lock()
		if n := len(r.machine.told); n > 11 {
			t.Errorf("ticked %d times in 10 ms", n)
		}
		r.machine.mu.Unlock()
	})
}

// TestLoopClockMoves: a record of the log's future moves its clock; one of the past
// that is replayed says nothing yet.
func TestLoopClockMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		r.ahead = -time.Hour
		put(t, r.log, "before")
		r.start()
		r.hears("folded 1", "caught up", "tick")
		r.machine.mu.Lock()
		at := r.machine.times[0]
		r.ahead = -2 * time.Hour
		r.machine.mu.Unlock()
		if !at.Log.Equal(time.Now()) || !at.Now.Equal(time.Now().Add(-time.Hour)) {
			t.Errorf("the first record is told of at %v", at)
		}
		put(t, r.log, "after")
		r.hears("clock moved", "folded 2", "tick")
	})
}

// TestLoopFails where the log cannot be folded any further, and says why; who waits
// for more is told.
func TestLoopFails(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(*testing.T, *memory.Log)
		want error
	}{
		"newer major version": {func(t *testing.T, log *memory.Log) {
			if _, err := log.Append(t.Context(), eventlog.Fact(foldtest.Newer())); err != nil {
				t.Fatal(err)
			}
		}, events.ErrUnknownMajor},
		"closed": {func(_ *testing.T, log *memory.Log) { _ = log.Close() }, eventlog.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newLoopRig(t)
				put(t, r.log, "web")
				r.start()
				waited := make(chan error, 1)
				go func() { waited <- r.loop.WaitFor(t.Context(), 2) }()
				synctest.Wait()
				c.harm(t, r.log)
				if err := <-r.done; !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "tester: following the log: ") {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
				if err := <-waited; !errors.Is(err, eventlog.ErrStopped) || !errors.Is(err, c.want) {
					t.Errorf("who waited was told %v", err)
				}
			})
		})
	}
}

// TestLoopPassesOver what no program of taurus' writes: the machine is told, operators
// are, once for all that was there at the start and once for each that comes, and
// the loop goes on.
func TestLoopPassesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoopRig(t)
		stranger := func(subject, data string) {
			t.Helper()
			m := events.Message{Subject: subject, Data: []byte(data), Header: map[string]string{
				events.HeaderID: "s", events.HeaderSource: "stranger", events.HeaderTime: "2026-03-01T12:00:00Z",
				events.HeaderType: events.JobScaled{}.Type(),
			}}
			if _, err := r.log.Append(t.Context(), eventlog.Fact(m)); err != nil {
				t.Fatal(err)
			}
		}
		put(t, r.log, "web")
		stranger("orders.new", `{}`)
		stranger(events.Space{}.Job("web"), `{"run":"x"}`)
		if n := r.loop.Notice(); n != "" {
			t.Errorf("tells %q of nothing", n)
		}
		r.start()
		r.hears("folded 1", "folded 2 rejected", "folded 3 rejected", "caught up", "tick")
		want := `{"level":"warn","rejected":2,"sequence":3,"subject":"taurus.ev.17.job.web","reason":"malformed event body: taurus.job.scaled.v1: `
		if text := r.lines.String(); !strings.HasPrefix(text, want) || strings.Count(text, "rejected") != 2 {
			t.Errorf("wrote %q", text)
		}
		r.lines.Reset()
		stranger("taurus.ev.1.job.web", `{"run":1}`)
		r.hears("folded 4 rejected", "tick")
		put(t, r.log, "app")
		r.hears("folded 5", "tick")
		const line = `{"level":"warn","sequence":4,"subject":"taurus.ev.1.job.web","type":"taurus.job.scaled.v1","source":"stranger",` +
			`"reason":"not the partition of its job: \"web\" has partition 17 of 64","message":"record rejected: no program of taurus' writes it; see docs/operating.md"}` + "\n"
		if text := r.lines.String(); text != line {
			t.Errorf("wrote %s, want %s", text, line)
		}
		if got := r.loop.Rejected(); got.Count != 3 || got.Last.Sequence != 4 {
			t.Errorf("%+v", got)
		}
		if n := r.loop.Notice(); !strings.HasPrefix(n, "3 records of the log are rejected, the last at sequence 4 on taurus.ev.1.job.web: not the partition") {
			t.Errorf("tells %q", n)
		}
		const metric = "taurus_rejected_records_total"
		if err := testutil.GatherAndCompare(r.metrics, strings.NewReader(
			"# HELP "+metric+" Records of the log that no program of taurus' writes, and that the fold has passed over.\n"+
				"# TYPE "+metric+" counter\n"+metric+"{role=\"tester\"} 3\n"), metric); err != nil {
			t.Error(err)
		}
	})
}

// refusing is a state that refuses a record.
type refusing struct{ *cluster.State }

func (s refusing) Apply(r cluster.Record) (cluster.Change, error) {
	if r.Sequence == 2 {
		return cluster.Change{}, cluster.ErrOutOfOrder
	}
	return s.State.Apply(r)
}

// TestLoopFailsWithItsState: what the state refuses is not folded.
func TestLoopFailsWithItsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		put(t, log, "a")
		put(t, log, "b")
		loop, err := fold.New(refusing{cluster.New()}, fold.Options{Log: log, Role: "tester"})
		if err != nil {
			t.Fatal(err)
		}
		err = loop.Run(t.Context(), fold.Idle{}, nil)
		if !errors.Is(err, cluster.ErrOutOfOrder) || !strings.HasPrefix(err.Error(), "tester: ") || loop.Sequence() != 1 {
			t.Errorf("ended with %v at %d", err, loop.Sequence())
		}
	})
}

// TestLoopEnds with its context, whatever is under way; what is posted late goes
// nowhere and holds up nobody.
func TestLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := cluster.New()
		m := &scripted{state: state, reply: map[string][]machine.Effect{}}
		for n := range uint64(100) {
			m.reply["caught up"] = append(m.reply["caught up"], machine.Append{Ticket: n, Drafts: []machine.Draft{decides("web")}})
		}
		loop, err := fold.New(state, fold.Options{Log: hangingLog{memory.New()}, Role: "tester"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- loop.Run(ctx, m, nil) }()
		m.heard()
		stop()
		if err := <-done; err != nil {
			t.Errorf("ended with %v", err)
		}
		<-loop.Done()
		for range 1000 {
			loop.Post(t.Context(), poke(1))
		}
		if err := loop.WaitFor(t.Context(), 1); !errors.Is(err, eventlog.ErrStopped) || !errors.Is(err, context.Canceled) {
			t.Errorf("who waits is told %v", err)
		}
		if got := m.heard(); len(got) != 0 {
			t.Errorf("told %q after the end", got)
		}
	})
}

// TestLoopMetricsAreRegisteredOnce.
func TestLoopMetricsAreRegisteredOnce(t *testing.T) {
	opt := fold.Options{Log: memory.New(), Role: "tester", Metrics: prometheus.NewRegistry()}
	if _, err := fold.New(cluster.New(), opt); err != nil {
		t.Fatal(err)
	}
	if _, err := fold.New(cluster.New(), opt); err == nil {
		t.Error("the same metric was registered twice")
	}
}

// blocking is a machine whose step lasts until it is let go.
type blocking struct {
	fold.Idle
	release chan struct{}
}

func (b blocking) Step(_ machine.Moment, in machine.Input) []machine.Effect {
	if _, ok := in.(poke); ok {
		<-b.release
	}
	return nil
}

// unreachable is a log that is away.
type unreachable struct{ eventlog.Log }

func (unreachable) Bounds(context.Context) (eventlog.Bounds, error) {
	return eventlog.Bounds{}, eventlog.ErrUnavailable
}

// TestALoopIsAliveWhileItTurns: with nothing to do, and without a log; not when a
// turn does not end.
func TestALoopIsAliveWhileItTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, away := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			var log eventlog.Log = memory.New()
			if away {
				log = unreachable{log}
			}
			loop, err := fold.New(cluster.New(), fold.Options{Log: log, Role: "tester", Logger: zerolog.Nop()})
			if err != nil {
				t.Fatal(err)
			}
			m, done := blocking{release: make(chan struct{})}, make(chan error, 1)
			if err := loop.Alive(); err != nil {
				t.Errorf("before it runs: %v", err)
			}
			go func() { done <- loop.Run(ctx, m, nil) }()
			for range 100 {
				time.Sleep(7 * time.Second)
				if err := loop.Alive(); err != nil {
					t.Fatalf("log away %v: %v", away, err)
				}
			}
			if !away {
				loop.Post(ctx, poke(1))
				time.Sleep(fold.TurnMax)
				synctest.Wait()
				if err := loop.Alive(); err != nil {
					t.Errorf("after %v: %v", fold.TurnMax, err)
				}
				time.Sleep(time.Second)
				if err := loop.Alive(); !errors.Is(err, fold.ErrStands) || !strings.Contains(err.Error(), "1m1s") {
					t.Errorf("a turn of 61s: %v", err)
				}
				close(m.release)
				synctest.Wait()
				if err := loop.Alive(); err != nil {
					t.Errorf("when it turns again: %v", err)
				}
			}
			cancel()
			<-done
			if err := loop.Alive(); err != nil {
				t.Errorf("after its end: %v", err)
			}
		}
	})
}
