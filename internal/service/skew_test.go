package service_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

const own = "taurus/planner/one"

func TestSkew(t *testing.T) {
	const s = time.Second
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	// Times are seconds after the start of the process, by the local clock.
	type seen struct {
		now, logged time.Duration
		source      string
		decided     time.Duration
		again       bool // the record before, read again
	}
	for name, tc := range map[string]struct {
		seen  []seen
		later time.Duration // after the last record
		want  time.Duration // 0: ready
	}{
		"nothing seen":                     {},
		"a fresh record":                   {seen: []seen{{now: 10 * s, logged: 10 * s, source: "other"}}},
		"an old record":                    {seen: []seen{{now: 10 * s, logged: -3600 * s, source: "other"}}},
		"a record of the future":           {seen: []seen{{now: 10 * s, logged: 15 * s, source: "other"}}, want: -5 * s},
		"at the limit":                     {seen: []seen{{now: 10 * s, logged: 12 * s, source: "other"}}},
		"above the limit":                  {seen: []seen{{now: 10 * s, logged: 12*s + 1, source: "other"}}, want: -2*s - 1},
		"the future, then the clock set":   {seen: []seen{{now: 10 * s, logged: 15 * s}, {now: 16 * s, logged: 16 * s}}},
		"remembered":                       {seen: []seen{{now: 10 * s, logged: 15 * s}}, later: service.SkewMemory - 1, want: -5 * s},
		"forgotten":                        {seen: []seen{{now: 10 * s, logged: 15 * s}}, later: service.SkewMemory},
		"the clock set back since":         {seen: []seen{{now: 3600 * s, logged: 0, source: own, decided: 3600 * s}}, later: -3600 * s},
		"read again when it is old":        {seen: []seen{{now: 10 * s, logged: 15 * s}, {now: 20 * s, logged: 15 * s, again: true}}, want: -5 * s},
		"own, logged at once":              {seen: []seen{{now: 11 * s, logged: 10 * s, source: own, decided: 10 * s}}},
		"own, slow to come back":           {seen: []seen{{now: 90 * s, logged: 50 * s, source: own, decided: 10 * s}}},
		"own, logged before decided":       {seen: []seen{{now: 10 * s, logged: 5 * s, source: own, decided: 10 * s}}, want: 5 * s},
		"own, before, at the limit":        {seen: []seen{{now: 10 * s, logged: 8 * s, source: own, decided: 10 * s}}},
		"own, then another's tells not":    {seen: []seen{{now: 10 * s, logged: 5 * s, source: own, decided: 10 * s}, {now: 11 * s, logged: 6 * s, source: "other"}}, want: 5 * s},
		"own, then the clock set":          {seen: []seen{{now: 10 * s, logged: 5 * s, source: own, decided: 10 * s}, {now: 7 * s, logged: 7 * s, source: own, decided: 7 * s}}},
		"of a namesake before our start":   {seen: []seen{{now: 10 * s, logged: -60 * s, source: own, decided: -s}}},
		"another's clock is not our fault": {seen: []seen{{now: 10 * s, logged: 10 * s, source: "other", decided: 60 * s}}},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			w := service.NewSkewWatch(own, func() time.Time { return now })
			var seq uint64
			for _, r := range tc.seen {
				now = start.Add(r.now)
				if !r.again {
					seq++
				}
				rec := record(start.Add(r.logged), r.source, start.Add(r.decided))
				rec.Sequence = seq
				w.Observe(rec)
			}
			now = now.Add(tc.later)
			err := w.Ready()
			var skew *service.SkewError
			switch {
			case tc.want == 0 && err != nil:
				t.Errorf("not ready: %v", err)
			case tc.want != 0 && !errors.As(err, &skew):
				t.Errorf("error %v, want a skew of %v", err, tc.want)
			case tc.want != 0 && skew.Skew != tc.want:
				t.Errorf("skew %v, want %v", skew.Skew, tc.want)
			}
		})
	}
}

func TestSkewIgnoresWhatItCannotRead(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	w := service.NewSkewWatch(own, func() time.Time { return now })
	for i, header := range []map[string]string{
		{events.HeaderSource: own, events.HeaderTime: "yesterday"},
		{events.HeaderSource: own},
		nil,
	} {
		w.Observe(eventlog.Record{Sequence: uint64(i + 1), Time: now.Add(-time.Hour), Message: eventlog.Message{Header: header}})
		if err := w.Ready(); err != nil {
			t.Errorf("headers %v: %v", header, err)
		}
	}
}

func record(at time.Time, source string, decided time.Time) eventlog.Record {
	return eventlog.Record{Sequence: 1, Time: at, Message: eventlog.Message{Subject: "taurus.ev.0.plan.a", Header: map[string]string{
		events.HeaderSource: source, events.HeaderTime: decided.Format(time.RFC3339Nano),
	}}}
}

// unsized is a log without a limit of its own.
type unsized struct{ eventlog.Log }

func TestWatchedLog(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	behind := memory.New(memory.WithMaxBytes(1<<20), memory.WithClock(func() time.Time { return now.Add(time.Minute) }))
	w := service.NewSkewWatch(own, func() time.Time { return now })
	log := service.Watch(behind, w)
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := log.Append(t.Context(), eventlog.Fact(record(now, "other", now).Message)); err != nil {
		t.Fatal(err)
	}
	if err := w.Ready(); err != nil {
		t.Fatalf("nothing was read, but: %v", err)
	}
	read := 0
	for rec, err := range log.Read(t.Context(), 1, 1) {
		if err != nil || rec.Sequence != 1 {
			t.Fatalf("read %+v, %v", rec, err)
		}
		read++
	}
	var skew *service.SkewError
	if err := w.Ready(); read != 1 || !errors.As(err, &skew) || skew.Skew != -time.Minute {
		t.Errorf("read %d records, then: %v, want a minute behind", read, err)
	}

	sized, ok := log.(eventlog.Sized)
	if !ok {
		t.Fatal("a log with a limit lost it")
	}
	if usage, err := sized.Usage(t.Context()); err != nil || usage.MaxBytes != 1<<20 {
		t.Errorf("usage %+v, %v", usage, err)
	}
	if _, ok := service.Watch(unsized{behind}, w).(eventlog.Sized); ok {
		t.Error("a log without a limit got one")
	}
}
