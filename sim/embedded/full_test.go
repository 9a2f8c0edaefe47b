package embedded_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// small is a job that is hardly anything to an agent.
func small(id string, replicas uint32) *job.Spec {
	s := world.Service(id, replicas)
	s.Tasks[0].Resources.CPU, s.Tasks[0].Resources.Memory = 0.001, 4
	return s
}

// fillUp submits jobs and stops them again until nothing new is accepted, however many
// are stopped. It returns those that were not stopped.
func fillUp(t *testing.T, w *embedded.World) []string {
	t.Helper()
	var live []string
	for n, refused := 0, 0; refused < 5; {
		id := fmt.Sprintf("job-%d", n)
		switch err := w.Submit(small(id, uint32(1+n%3))); {
		case err == nil:
			live = append(live, id)
			n, refused = n+1, 0
			time.Sleep(2 * time.Second)
		case errors.Is(err, commanding.ErrNearlyFull):
			refused++
			must(t, w.Command(live[0], submission.Stop{Reason: strings.Repeat("r", 1024)}))
			live = live[1:]
			time.Sleep(time.Minute)
		default:
			t.Fatalf("submit %s: %v", id, err)
		}
	}
	return live
}

// limit is that of the log.
const limit = 4 << 20

// TestEmbeddedFullLog fills a log of 4 MiB by submissions and stops, and then to the
// last byte that is not reserved: everything that lives can still be stopped, killed
// and reported of. A log of that size on NATS takes all of it, too.
func TestEmbeddedFullLog(t *testing.T) {
	var records []eventlog.Entry
	synctest.Test(t, func(t *testing.T) {
		w, err := embedded.New(t.Context(), 1, 4, zerolog.Nop(), memory.WithMaxBytes(limit))
		must(t, err)
		defer w.Close()
		for _, role := range []string{"planner", "launcher", "reaper"} {
			w.Start(role)
		}
		time.Sleep(5 * time.Second)
		live := fillUp(t, w)
		if len(live) < 20 || len(w.Alive()) < 20 {
			t.Fatalf("%d jobs and %d tasks live, too few to show anything", len(live), len(w.Alive()))
		}
		fillTo(t, w)
		time.Sleep(10 * time.Second)
		if err := w.Submit(small("late", 1)); !errors.Is(err, commanding.ErrNearlyFull) || !strings.Contains(err.Error(), "taurus log resize") {
			t.Errorf("a submission to a full log: %v", err)
		}
		if err := w.Command(live[0], submission.Scale{Replicas: 9, Limits: job.DefaultLimits()}); !errors.Is(err, commanding.ErrNearlyFull) {
			t.Errorf("scaling up in a full log: %v", err)
		}
		for _, id := range live {
			must(t, w.Command(id, submission.Stop{Reason: strings.Repeat("r", 1024)}))
		}
		before := usage(t, w)
		for _, id := range live {
			must(t, w.Command(id, submission.Stop{})) // It is stopped: nothing is written.
		}
		if after := usage(t, w); after.Bytes > before.Bytes+20_000 {
			t.Errorf("stopping what is stopped took %d bytes", after.Bytes-before.Bytes)
		}
		time.Sleep(5 * time.Minute)
		state, err := w.Fold(0)
		must(t, err)
		for id, j := range state.Jobs {
			if j.Live() > 0 || !j.Over() && j.Run != 0 {
				t.Errorf("%s: %d tasks live, over: %v", id, j.Live(), j.Over())
			}
		}
		if n := len(w.Alive()); n > 0 {
			t.Errorf("Mesos runs %d tasks", n)
		}
		u := usage(t, w)
		if u.Bytes > limit {
			t.Errorf("%+v", u)
		}
		t.Logf("%d jobs; %d of %d bytes used in the end", len(state.Jobs), u.Bytes, limit)
		for rec, err := range w.Log.Read(t.Context(), 1, state.Sequence) {
			must(t, err)
			records = append(records, eventlog.Fact(rec.Message))
		}
	})
	log := onNATS(t)
	for part := range slices.Chunk(records, eventlog.MaxBatch) {
		if _, err := log.Append(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
	if u, err := log.Usage(t.Context()); err != nil || u.Bytes > limit {
		t.Errorf("on NATS: %+v, %v", u, err)
	}
}

// onNATS opens a log of that size on a NATS server.
func onNATS(t *testing.T) *jetstream.Log {
	t.Helper()
	o := jetstream.Options{URL: natstest.Start(t).URL(), MaxBytes: limit}
	must(t, jetstream.Create(t.Context(), o))
	log, err := jetstream.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	return log
}

func usage(t *testing.T, w *embedded.World) eventlog.Usage {
	t.Helper()
	u, err := w.Log.Usage(t.Context())
	must(t, err)
	return u
}

// fillTo takes all of the log's space that is not reserved for the ends of what lives.
func fillTo(t *testing.T, w *embedded.World) {
	t.Helper()
	state, err := w.Fold(0)
	must(t, err)
	u, need := usage(t, w), reserve.Of(state)
	free := u.MaxBytes - u.Bytes - need.Due - need.Ends
	if u.MaxBytes < u.Bytes+need.Due+need.Ends {
		t.Fatalf("%d bytes are used of %d, and %+v are reserved", u.Bytes, u.MaxBytes, need)
	}
	for part := uint64(500_000); free > 1000; free -= min(free, part+500) {
		part = min(part, free-500)
		m, err := events.Encode(w.Space.Job("filler"), events.Envelope{ID: "filler", Source: "test", Time: time.Now()},
			events.JobStopped{Reason: strings.Repeat("x", int(part))})
		must(t, err)
		_, err = w.Log.Append(t.Context(), eventlog.Fact(m))
		must(t, err)
	}
}
