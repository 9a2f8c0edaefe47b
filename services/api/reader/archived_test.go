package reader_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// seal seals all of a log, and returns how far it reached before.
func seal(t *testing.T, r *apitest.Rig) uint64 {
	t.Helper()
	bounds, err := r.Log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var hash chain.Hash
	for rec, err := range r.Log.Read(t.Context(), 1, bounds.Last) {
		if err != nil {
			t.Fatal(err)
		}
		hash = chain.Next(hash, rec.Sequence, rec.Time, rec.Message)
	}
	r.Append(events.SealSubject, events.LogSealed{Through: bounds.Last, Hash: hash.String(), Records: bounds.Last})
	return bounds.Last
}

// archived archives what a log was sealed through.
func archived(t *testing.T, log *memory.Log, to *archive.Archive) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := archive.NewWriter(archive.Options{
		Log: log, Stream: "TAURUS", Partitions: events.DefaultPartitions, Archive: to, Records: 1, Logger: zerolog.Nop(),
		Written: func(*archive.Manifest) { cancel() },
	})
	if err := w.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestTheArchiveAnswers for what the log no longer keeps, as the log did; and where there is
// none it is told.
func TestTheArchiveAnswers(t *testing.T) {
	t.Parallel()
	log, to := memory.New(), archive.New(objects.NewDir(t.TempDir(), nil))
	r := apitest.On(t, log, func(o *api.Options) { o.ReadLog = archive.Join(log, to) })
	alone := apitest.On(t, log, func(o *api.Options) { o.Instance = "alone" })
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	r.Status("web", run, 0, "TASK_FAILED")
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	r.End("web", run, 2)
	through := seal(t, r)
	var asked []string
	for at := uint64(1); at <= through; at++ {
		asked = append(asked, fmt.Sprint("/v2/jobs/web?at=", at), fmt.Sprint("/v2/cluster?at=", at), fmt.Sprint("/v2/jobs?at=", at))
	}
	asked = append(asked, "/v2/jobs/web/events")
	answers := func(r *apitest.Rig) (all []string) {
		for _, target := range asked {
			a := r.Do("GET", target, "")
			all = append(all, fmt.Sprint(target, a.Status, withoutRequest(a.Body)))
		}
		return all
	}
	was := answers(alone)
	archived(t, log, to)
	log.Forget(through - 1)
	for i, is := range answers(r) {
		if is != was[i] {
			t.Errorf("%s\nwas\n%s", is, was[i])
		}
	}
	if old := r.Do("GET", fmt.Sprint("/v2/jobs/web?at=", through-2), "").Want(200); !strings.Contains(old.Body, `"web"`) {
		t.Errorf("%s", old.Body)
	}
	// A model of the past that is not kept any more, of an api without the archive.
	for _, at := range []int{1, 3, 4, 5, 6} {
		alone.Do("GET", fmt.Sprint("/v2/jobs?at=", at), "")
	}
	a := alone.Do("GET", "/v2/jobs?at=2", "").Want(410)
	if apitest.ProblemType(t, a) != "gone" || !strings.Contains(a.Body, "--archive") {
		t.Errorf("%s", a.Body)
	}
}

// TestFeedsBeginInTheArchive, go on in the log, and then with what is at hand.
func TestFeedsBeginInTheArchive(t *testing.T) {
	t.Parallel()
	log, to := memory.New(), archive.New(objects.NewDir(t.TempDir(), nil))
	r := apitest.On(t, log, func(o *api.Options) { o.ReadLog = archive.Join(log, to) })
	r.Create(apitest.OneTask)
	r.Touch("web", 500)
	through := seal(t, r)
	r.Touch("web", projection.FeedKept)
	archived(t, log, to)
	log.Forget(through - 100)
	feed := r.Feed("/v2/events?from=2")
	defer feed.Close()
	for want := uint64(2); want <= through+200; want++ {
		if ev := feed.Must(); ev.ID != fmt.Sprint(want) {
			t.Fatalf("event %s, want %d", ev.ID, want)
		}
	}
}
