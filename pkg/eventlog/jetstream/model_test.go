package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// TestSameAsMemory does random appends on both logs: every receipt, every kind
// of error and every record must be the same.
func TestSameAsMemory(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	js := admin(t, s.URL())
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		round++
		o := jetstream.Options{
			URL: s.URL(), Stream: fmt.Sprintf("M%d", round), Subjects: []string{fmt.Sprintf("m%d.>", round)},
			Patience: time.Minute, AppendTimeout: time.Minute, // The model is never slow.
		}
		if err := jetstream.Create(ctx, o); err != nil {
			rt.Fatal(err)
		}
		store, err := jetstream.Open(ctx, o)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() {
			_ = js.DeleteStream(ctx, o.Stream)
			_ = store.Close()
		}()
		model := memory.New()
		defer func() { _ = model.Close() }()
		for range rapid.IntRange(1, 15).Draw(rt, "appends") {
			entries := drawEntries(rt, round)
			want, wantErr := model.Append(ctx, entries...)
			got, gotErr := store.Append(ctx, entries...)
			if got != want || !errors.Is(kind(gotErr), kind(wantErr)) {
				rt.Fatalf("append of %+v: got %+v, %v; the model says %+v, %v", entries, got, gotErr, want, wantErr)
			}
		}
		compare(ctx, rt, store, model)
	})
}

func drawEntries(rt *rapid.T, round int) []eventlog.Entry {
	entries := make([]eventlog.Entry, rapid.IntRange(1, 2*jetstream.PipelineMax).Draw(rt, "size"))
	onlyFacts := rapid.Bool().Draw(rt, "facts")
	for i := range entries {
		m := eventlog.Message{
			Subject: fmt.Sprintf("m%d.%d", round, rapid.IntRange(0, 30).Draw(rt, "subject")),
			Header:  rapid.MapOfN(rapid.StringMatching("[a-z-]{1,8}"), rapid.StringMatching("([!-~ü]([ -~]*[!-~])?)?"), 0, 2).Draw(rt, "header"),
			Data:    rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "data"),
		}
		entries[i] = eventlog.Fact(m)
		if !onlyFacts && rapid.Bool().Draw(rt, "decision") {
			entries[i] = eventlog.Decision(m, rapid.Uint64Range(0, 20).Draw(rt, "last")*rapid.Uint64Range(0, 1).Draw(rt, "old"))
		}
	}

	return entries
}

func kind(err error) error {
	for _, k := range []error{eventlog.ErrConflict, eventlog.ErrInvalid, eventlog.ErrTooLarge} {
		if errors.Is(err, k) {
			return k
		}
	}

	return err
}

func compare(ctx context.Context, rt *rapid.T, store, model eventlog.Log) {
	want, err := model.Bounds(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	if got, err := store.Bounds(ctx); err != nil || got != want {
		rt.Fatalf("bounds are %+v, %v, the model says %+v", got, err, want)
	}
	if want.Last == 0 {
		return
	}
	var records []eventlog.Record
	for rec, err := range store.Read(ctx, 1, want.Last) {
		if err != nil {
			rt.Fatal(err)
		}
		records = append(records, rec)
	}
	for rec, err := range model.Read(ctx, 1, want.Last) {
		if err != nil {
			rt.Fatal(err)
		}
		got := records[rec.Sequence-1]
		if got.Sequence != rec.Sequence || got.Subject != rec.Subject || string(got.Data) != string(rec.Data) || !maps.Equal(got.Header, rec.Header) {
			rt.Fatalf("record is %+v, the model says %+v", got, rec)
		}
	}
}
