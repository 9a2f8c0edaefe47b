package disk_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
	"github.com/milosgajdos/taurus/sim/disk"
)

var (
	seeds = flag.Uint64("seeds", 24, "how many `seeds` to try")
	seed  = flag.Uint64("seed", 0, "try this `seed` alone; 0 tries -seeds of them")
)

const (
	jobs      = 100
	sealEvery = 40
	// space is so small that the server keeps the records in several files.
	space = 125_000
	// patience is how long a log may take to be whole, or refused.
	patience = 90 * time.Second
)

// store is that of a server which kept a log.
type store struct {
	dir     string
	options jetstream.Options
	records []eventlog.Record
	mark    mark.Mark
}

// serve starts a server on a directory, and returns how to stop it.
func serve(ctx context.Context, dir string) (string, func(), error) {
	s, err := natsserver.Start(ctx, natsserver.Options{Listen: "127.0.0.1:0", StoreDir: dir, MaxStore: 1 << 30, Log: zerolog.Nop()})
	if err != nil {
		return "", nil, err
	}
	return "nats://" + s.Addr(), s.Close, nil
}

// newStore has a log written, folds it, and stops its server in good order.
func newStore(t *testing.T, name string) *store {
	t.Helper()
	st := &store{dir: t.TempDir(), options: jetstream.Options{MaxBytes: space}}
	url, stop, err := serve(t.Context(), st.dir)
	must(t, err)
	defer stop()
	st.fill(t, url, name)
	if blocks, _ := filepath.Glob(filepath.Join(st.dir, "jetstream", "*", "streams", "*", "msgs", "*.blk")); len(blocks) < 3 {
		t.Fatalf("the log is in %d files, too few to swap any", len(blocks))
	}
	return st
}

// fill makes a log on servers that have none, has it written, and folds it.
func (st *store) fill(t *testing.T, url, name string) {
	t.Helper()
	o := st.options
	o.URL = url
	must(t, jetstream.Create(t.Context(), o))
	log, err := jetstream.Open(t.Context(), o)
	must(t, err)
	defer func() { must(t, log.Close()) }()
	write(t, log, name)
	bounds, err := log.Bounds(t.Context())
	must(t, err)
	for rec, err := range log.Read(t.Context(), 1, bounds.Last) {
		must(t, err)
		st.records = append(st.records, rec)
	}
	must(t, foldAll(t.Context(), log, st, fold.NewTrail()))
	if st.mark.Sequence != bounds.Last || !st.mark.Known {
		t.Fatalf("the mark is %+v, the log ends at %d", st.mark, bounds.Last)
	}
}

// write submits jobs and seals what is there now and then.
func write(t *testing.T, log eventlog.Log, name string) {
	t.Helper()
	var head chain.Hash
	read, sealed := uint64(0), uint64(0)
	put := func(subject string, ev events.Event) {
		env := events.Envelope{ID: fmt.Sprintf("%s-%s-%d", name, subject, read), Source: "taurus/test/" + name, Time: time.Unix(1_700_000_000, 0)}
		m, err := events.Encode(subject, env, ev)
		must(t, err)
		r, err := log.Append(t.Context(), eventlog.Fact(m))
		must(t, err)
		for rec, err := range log.Read(t.Context(), read+1, r.Last) {
			must(t, err)
			head, read = chain.Next(head, rec.Sequence, rec.Time, rec.Message), rec.Sequence
		}
	}
	for n := range jobs {
		id := fmt.Sprintf("%s-%d", name, n)
		spec := clustertest.Service(id, 1)
		spec.Normalise()
		spec.Tasks[0].Env = map[string]job.Variable{"PADDING": job.Plain(fmt.Sprintf("%0300d", n))}
		data, err := spec.JSON()
		must(t, err)
		put(events.NewSpace(0).Job(id), events.JobSubmitted{Spec: data})
		if n%sealEvery == sealEvery-1 {
			through := read
			put(events.SealSubject, events.LogSealed{Through: through, Hash: head.String(), Records: through - sealed})
			sealed = through
		}
	}
}

// marks keep a mark in memory.
type marks struct {
	of  *store
	set bool
}

func (m *marks) Load() (mark.Mark, bool, error) { return m.of.mark, m.set, nil }

func (m *marks) Save(to mark.Mark) error {
	m.of.mark = to
	return nil
}

// idle is a service that does nothing.
type idle struct{}

func (idle) Step(machine.Moment, machine.Input) []machine.Effect { return nil }
func (idle) Wake() time.Time                                     { return time.Time{} }

// trailed is a state that leaves a trail, as that of an api does.
type trailed struct {
	*cluster.State
	trail *fold.Trail
}

func (t trailed) Apply(r cluster.Record) (cluster.Change, error) {
	t.trail.Note(&r)
	return t.State.Apply(r)
}

// foldAll folds a log as a service does until it has caught up and would act, and
// returns why it does not get there. The mark of st is what it goes by, if there is one.
func foldAll(ctx context.Context, log eventlog.Log, st *store, trail *fold.Trail) error {
	loop, err := fold.New(trailed{cluster.New(), trail}, fold.Options{
		Log: log, Space: events.NewSpace(0), Role: "test", Logger: zerolog.Nop(), Marks: &marks{of: st, set: st.mark.Sequence != 0},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx, idle{}, nil) }()
	select {
	case <-loop.CaughtUp():
		cancel()
		return errors.Join(<-ended, loop.Ready())
	case err := <-ended:
		return errors.Join(err, ctx.Err())
	}
}

// TestDamagedStore: whatever happened to the files of a store, a service starts on the
// whole log or is refused with a reason that has a name.
func TestDamagedStore(t *testing.T) {
	st, other := newStore(t, "web"), newStore(t, "api")
	from, to := uint64(1), *seeds
	if *seed != 0 {
		from, to = *seed, *seed
	}
	for s := from; s <= to; s++ {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			st.try(t, rand.New(rand.NewPCG(s, 1)), other.dir)
		})
	}
}

func (st *store) try(t *testing.T, rng *rand.Rand, other string) {
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(st.dir)))
	var done []string
	if rng.IntN(2) == 0 { // As after kill -9: the index that a stop in good order leaves is not there.
		done = append(done, "the server was killed")
		index, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "index.db"))
		must(t, err)
		for _, file := range index {
			must(t, os.Remove(file))
		}
	}
	for range 1 + rng.IntN(2) {
		what, err := disk.Damage(rng, dir, other)
		must(t, err)
		done = append(done, what)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	damaged := &store{mark: st.mark}
	found, err := start(ctx, dir, st.options, damaged)
	switch why := named(err); {
	case err == nil && found.ended() != nil:
		t.Fatalf("%q: a service goes on, and cannot read: %v", done, found.ended())
	case err == nil && reflect.DeepEqual(found.folded, st.records):
		if err := found.told(st.records); err != nil {
			t.Fatalf("%q: %v", done, err)
		}
		t.Logf("%q: whole", done)
	case err == nil:
		t.Fatalf("%q: a service goes on with %d records that are not the %d there were", done, len(found.folded), len(st.records))
	case why == "":
		t.Fatalf("%q: refused without a name: %v", done, err)
	default:
		t.Logf("%q: %s: %v", done, why, err)
	}
}

// start starts a server on a store and folds what it has of the log, as read does.
func start(ctx context.Context, dir string, o jetstream.Options, st *store) (findings, error) {
	url, stop, err := serve(ctx, dir)
	if err != nil {
		return findings{}, fmt.Errorf("%w: %w", errServer, err)
	}
	defer stop()
	return read(ctx, url, o, st)
}

// findings are what a service that goes on has of a log.
type findings struct {
	// folded are the records that it was given.
	folded []eventlog.Record
	again  []reading
}

// reading is what a log was read as, once it was folded.
type reading struct {
	from    uint64
	records []eventlog.Record
	// ended is why it ended before it had all.
	ended error
}

// told returns an error unless a reading gave what there was of a log, up to where it
// says that it ends.
func (r reading) told(records []eventlog.Record) error {
	want := records[r.from-1:]
	if r.ended != nil && len(r.records) < len(want) {
		want = want[:len(r.records)]
	}
	if !slices.EqualFunc(r.records, want, func(a, b eventlog.Record) bool { return reflect.DeepEqual(a, b) }) {
		return fmt.Errorf("a reading from %d gives %d records that are not the %d there were", r.from, len(r.records), len(want))
	}
	return nil
}

// ended is why one of the readings ended.
func (f findings) ended() error {
	for _, r := range f.again {
		if r.ended != nil {
			return r.ended
		}
	}
	return nil
}

// told is that of all readings.
func (f findings) told(records []eventlog.Record) error {
	for _, r := range f.again {
		if err := r.told(records); err != nil {
			return err
		}
	}
	return nil
}

// witness is a log that keeps what a fold is given of it.
type witness struct {
	eventlog.Log
	records []eventlog.Record
}

func (w *witness) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range w.Log.Read(ctx, from, to) {
			if err == nil && rec.Sequence == uint64(len(w.records))+1 {
				w.records = append(w.records, rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// read folds the log that servers have. The error is why a service does not go on.
func read(ctx context.Context, url string, o jetstream.Options, st *store) (findings, error) {
	o.URL = url
	log, err := jetstream.Open(ctx, o)
	if err != nil {
		return findings{}, err
	}
	defer func() { _ = log.Close() }()
	w, trail := &witness{Log: log}, fold.NewTrail()
	if err := foldAll(ctx, w, st, trail); err != nil {
		if ctx.Err() != nil { // A service waits for a log that is away, and says so.
			_, away := log.Bounds(context.WithoutCancel(ctx))
			err = errors.Join(err, away)
		}
		return findings{}, err
	}
	found := findings{folded: w.records}
	last := trail.UpTo(math.MaxUint64)
	// From the beginning, as ?at= does, and from the middle, as feeds and histories do.
	for _, from := range []uint64{1, last / 2, last - last/8} {
		again := reading{from: max(from, 1)}
		for r, err := range trail.Read(ctx, log, events.NewSpace(0), again.from, last) {
			if again.ended = err; err == nil {
				again.records = append(again.records, eventlog.Record{Sequence: r.Sequence, Time: r.Time, Message: r.Message})
			}
		}
		found.again = append(found.again, again)
	}
	return found, nil
}

// errServer is a server that does not start; it says why.
var errServer = errors.New("the server does not start")

// named returns the name of a refusal, empty if it has none.
func named(err error) string {
	var (
		hole   *fold.HoleError
		unfit  *jetstream.UnfitError
		broken *chain.BrokenError
	)
	switch {
	case errors.Is(err, errServer):
		return "the server does not start"
	case errors.Is(err, eventlog.ErrNoLog):
		return "no log"
	case errors.Is(err, fold.ErrShort):
		return "shorter"
	case errors.Is(err, fold.ErrOther):
		return "other"
	case errors.As(err, &hole):
		return "hole"
	case errors.As(err, &broken):
		return "seal"
	case errors.As(err, &unfit):
		return "unfit"
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
