package v2_test

import (
	"context"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// forged is a log of which a server gives another record in place of one.
type forged struct {
	eventlog.Log
	sequence atomic.Uint64
}

func (f *forged) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range f.Log.Read(ctx, from, to) {
			if err == nil && rec.Sequence == f.sequence.Load() {
				rec.Message, err = events.Encode(rec.Subject, events.Envelope{ID: "forged", Time: rec.Time}, events.TasksDoomed{Reason: "forged"})
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// TestOldEventsThatAreOthersAreNotTold: whoever reads the log again is told what was
// found, by a status or at the end of a feed, and no event that was not there.
func TestOldEventsThatAreOthersAreNotTold(t *testing.T) {
	t.Parallel()
	log := memory.New()
	old := &forged{Log: log}
	r := apitest.On(t, log, func(o *api.Options) { o.ReadLog = old })
	r.Create(apitest.OneTask)
	r.Touch("web", projection.FeedKept+600)
	const bad = 400
	old.sequence.Store(bad)
	const says = "the record at sequence 400 is another one than was there"
	for _, target := range []string{"/v2/jobs?at=450", "/v2/jobs/web?at=450", "/v2/jobs/web/events?from=390"} {
		a := r.Do("GET", target, "").Want(503)
		if apitest.ProblemType(t, a) != "log-unlike" || !strings.Contains(a.Body, says) || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", target, a.Body)
		}
	}
	r.Do("GET", "/job/all?at=450", "").WantLegacy(503, "")
	for _, target := range []string{"/v2/events", "/v2/events?job=web"} {
		f := r.Feed(target, apitest.Headers{"Last-Event-ID": "380"})
		var ev apitest.Event
		for ev = f.Must(); ev.Kind != "problem"; ev = f.Must() {
			if strings.Contains(ev.Data, "forged") {
				t.Fatalf("%s tells %+v", target, ev)
			}
		}
		var p struct {
			Type   string `json:"type"`
			Detail string `json:"detail"`
			Status int    `json:"status"`
		}
		if err := json.Unmarshal([]byte(ev.Data), &p); err != nil || !strings.HasSuffix(p.Type, ":log-unlike") || p.Status != 503 || !strings.Contains(p.Detail, says) {
			t.Errorf("%s ends with %+v, %v", target, ev, err)
		}
		if more, ok := f.Next(); ok || f.Last != ev.ID {
			t.Errorf("%s goes on with %+v, last %s", target, more, f.Last)
		}
		// It comes back when the server is mended, and misses nothing.
		old.sequence.Store(0)
		back := r.Feed(target, apitest.Headers{"Last-Event-ID": f.Last})
		for last := f.Last; last != "400"; last = back.Must().ID {
		}
		old.sequence.Store(bad)
	}
	if notice := r.API.Notice(); !strings.Contains(notice, says) {
		t.Errorf("readyz says %q", notice)
	}
	if n := strings.Count(r.Lines.String(), "old events cannot be told"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
	r.Do("GET", "/v2/jobs/web/events?from=401&limit=5", "").Want(200)
	r.Do("GET", "/v2/jobs/web?at=399", "").Want(200)
}
