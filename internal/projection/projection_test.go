package projection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// running is a projection that follows a log until the test ends.
func running(t testing.TB, log eventlog.Log) *projection.Projection {
	t.Helper()
	return readBy(t, log, log)
}

// readBy is one that reads old events from another log.
func readBy(t testing.TB, log, old eventlog.Log) *projection.Projection {
	t.Helper()
	p, err := projection.Of(fold.Options{Log: log, Role: "projection"}, old)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(p)
	t.Cleanup(func() {
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

// folding is a projection that has caught up with a log, and follows it until it is
// stopped.
func folding(log eventlog.Log) (p *projection.Projection, stop func() error) {
	p = projection.New(log)
	return p, run(p)
}

// run runs a projection, and returns once it has caught up.
func run(p *projection.Projection) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	<-p.CaughtUp()
	return func() error {
		cancel()
		return <-ended
	}
}

// replayed is the model of all that a log holds.
func replayed(t testing.TB, log eventlog.Log) *projection.Model {
	t.Helper()
	p := running(t, log)
	m, err := projection.NewHistory(p).AsOf(t.Context(), p.Sequence())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestJobEventsAreThoseOfTheJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &writer{log: memory.New()}
		want := map[string][]uint64{}
		for range rapid.IntRange(1, 300).Draw(rt, "events") {
			// A job that is seldom spoken of has gaps to be jumped over.
			id := rapid.SampledFrom(append([]string{"seldom"}, strings.Split(strings.Repeat("often ", 99), " ")...)).Draw(rt, "job")
			if id == "" {
				id = "often"
			}
			want[id] = append(want[id], w.append(spaceOf().Plan(id), events.TasksPlanned{}))
		}
		p := projection.New(w.log)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		<-p.CaughtUp()
		limit := rapid.IntRange(1, 50).Draw(rt, "limit")
		for id, sequences := range want {
			if list, next, err := p.JobEvents(ctx, id, 0, 0, limit); len(list) != 0 || next != 0 || err != nil {
				rt.Fatalf("%s: before the first event there are %v, then %d, %v", id, list, next, err)
			}
			var got []uint64
			for from := uint64(1); from != 0; {
				list, next, err := p.JobEvents(ctx, id, from, p.Sequence(), limit)
				if err != nil || len(list) > limit {
					rt.Fatal(len(list), err)
				}
				for _, ev := range list {
					got = append(got, ev.Sequence)
				}
				from = next
			}
			if fmt.Sprint(got) != fmt.Sprint(sequences) {
				rt.Fatalf("%s: got %v, want %v", id, got, sequences)
			}
		}
		cancel()
		<-ended
	})
}

func TestKeysAreBoundedAndTheFirstStands(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	submit := func(key string) uint64 {
		return w.append(spaceOf().Job("a"), events.JobSubmitted{Spec: []byte(`{"id":"a","tasks":null}`), IdempotencyKey: key})
	}
	first := submit("k0")
	submit("k0")
	submit("")
	p := running(t, w.log)
	if s, ok := p.Submission("k0"); !ok || s.Run != first || s.Job != "a" {
		t.Fatalf("got %+v, %v", s, ok)
	}
	if _, ok := p.Submission(""); ok {
		t.Fatal("no key is a key")
	}
	for n := range projection.KeysKept {
		submit(fmt.Sprint("other", n))
	}
	if err := p.WaitFor(t.Context(), projection.KeysKept+3); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Submission("k0"); ok {
		t.Fatal("the oldest key is still there")
	}
}

func TestFollowSeesAllWhereverItBegins(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	const total = projection.FeedKept + 500
	for range total - 100 {
		w.append(spaceOf().Plan("a"), events.TasksPlanned{})
	}
	p := running(t, w.log)
	go func() {
		for range 100 {
			w.append(spaceOf().Plan("a"), events.TasksPlanned{})
		}
	}()
	errDone := errors.New("done")
	for _, filter := range []projection.Filter{{}, {Job: "a"}} {
		for _, from := range []uint64{0, 1, 399, 400, 401, 3000, total} {
			next := max(from, 1)
			err := follow(t.Context(), p, from, filter, time.Hour, func(ev projection.Event) error {
				if ev.Sequence != next {
					t.Fatalf("from %d: got %d, want %d", from, ev.Sequence, next)
				}
				if next++; next > total {
					return errDone
				}
				return nil
			}, func(uint64) error { return nil })
			if !errors.Is(err, errDone) {
				t.Fatalf("from %d: %v", from, err)
			}
		}
	}
}

func TestSelector(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"team": "red", "empty": ""}
	for text, want := range map[string]bool{
		"": true, "team": true, "team=red": true, "team=blue": false, "team!=blue": true, "team!=red": false,
		"none": false, "none!=x": true, "none=": false, "empty=": true, "team=red,empty": true, "team=red,none": false,
		" team = red ": true,
	} {
		s, err := projection.ParseSelector(text)
		if err != nil || s.Matches(labels) != want {
			t.Errorf("%q: %v, want %v; %v", text, s.Matches(labels), want, err)
		}
	}
	for _, text := range []string{"=x", "a,,b", "!=x", "a b", "a,"} {
		if _, err := projection.ParseSelector(text); !errors.Is(err, projection.ErrSelector) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseSelector(f *testing.F) {
	f.Add("a=b,c!=d,e")
	f.Add("=,")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := projection.ParseSelector(text)
		if err != nil && !errors.Is(err, projection.ErrSelector) {
			t.Fatal(err)
		}
		for _, term := range s {
			if term.Key == "" || strings.ContainsAny(term.Key, "!=, ") {
				t.Fatalf("key %q out of %q", term.Key, text)
			}
		}
	})
}

// The verdict stream is bounded: what it lost is skipped, at its head and inside.
func TestVerdictsSkipWhatIsLost(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	say := func(sequence uint64, summary string) {
		w.append(spaceOf().Why("a"), events.VerdictChanged{Run: 1, Group: "g", Waiting: 1, Sequence: sequence, Summary: summary})
	}
	say(10, "forgotten")
	say(20, "second")
	say(30, "third")
	w.log.Forget(1)
	v := projection.NewVerdicts(w.log, spaceOf())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	for len(v.Job("a", 1)) == 0 || v.Job("a", 1)[0].Summary != "third" {
		time.Sleep(time.Millisecond)
	}
	if got := v.Job("a", 2); len(got) != 0 {
		t.Fatalf("of another run: %+v", got)
	}
	for at, want := range map[uint64]string{15: "", 25: "second", 30: "third"} {
		got, err := v.AsOf(ctx, "a", 1, at)
		summary := ""
		if len(got) > 0 {
			summary = got[0].Summary
		}
		if err != nil || summary != want {
			t.Errorf("at %d: %+v, %v", at, got, err)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
