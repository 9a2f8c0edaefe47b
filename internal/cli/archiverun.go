package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/internal/wiring/archives"
)

// archivePort is where the archive's writer serves health and metrics by default.
const archivePort = 8085

// archiveRun writes the archive.
func (a *App) archiveRun() *cobra.Command {
	var r archiving
	cmd := service.Command(service.Definition{
		Role:  "archive",
		Short: "Follow the log and write sealed segments of it into the archive",
		Long: `Follow the log, and write what seals are over into the archive, segment by segment.
Each is read again and verified before it counts. Stopped or killed at any point, it
goes on where it was. It reads the log and writes nothing there: the key of the role
observer will do. One is enough, wherever it runs; two are no harm.`,
		AdminPort: archivePort,
		Register:  r.register,
		Complete:  r.complete,
		Build:     r.build,
	})
	cmd.Use = "run"
	cmd.Example = "  taurus archive run --archive file:///var/lib/taurus/archive --nats-nkey observer/seed\n" +
		"  taurus archive run --archive 's3://taurus/prod?endpoint=minio.example.com:9000' --rate 4MiB"
	return cmd
}

// archiving is the settings of the archive's writer, and then that.
type archiving struct {
	nats           wiring.NATS
	archives       archives.Settings
	records        uint64
	bytes          service.Bytes
	age            time.Duration
	writer         *archive.Writer
	failed         atomic.Pointer[error]
	segments, size prometheus.Counter
	failures       prometheus.Counter
}

func (r *archiving) register(s *service.Settings) {
	r.bytes = archive.DefaultBytes
	r.archives.Register(s)
	r.archives.RegisterRate(s)
	f := s.Flags()
	f.Uint64Var(&r.records, "segment-records", archive.DefaultRecords, "`number` of records by which a segment ends, at the next seal")
	f.Var(&r.bytes, "segment-bytes", "`size` of its records by which a segment ends, at the next seal")
	f.DurationVar(&r.age, "segment-age", archive.DefaultAge, "how `long` after its first record was read a segment ends that does not get so large, at the last seal")
	r.nats.Register(s)
}

func (r *archiving) complete(s *service.Settings) error {
	var errs []error
	refuse := func(wrong bool, flag string) {
		if wrong {
			errs = append(errs, s.Refuse(flag, "use more than 0"))
		}
	}
	refuse(r.records == 0, "segment-records")
	refuse(r.bytes == 0, "segment-bytes")
	refuse(r.age <= 0, "segment-age")
	return errors.Join(append(errs, r.archives.Required(s), r.nats.Complete(s))...)
}

func (r *archiving) build(ctx context.Context, env *service.Env) (service.Runner, error) {
	to, end, err := r.archives.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", service.ErrUsage, err)
	}
	env.OnStop("connection to the archive", end)
	env.Tell("archive", to.Store().String())
	log, err := r.nats.OpenReads(ctx, env)
	if err != nil {
		return nil, err
	}
	r.writer = archive.NewWriter(archive.Options{
		Log: log, Stream: r.nats.Stream(), Partitions: r.nats.Partitions(), Archive: to,
		Records: r.records, Bytes: uint64(r.bytes), Age: r.age, Now: env.Now, Logger: env.Logger,
		Written: r.wrote, Failed: r.fails,
	})
	return r, r.measure(env.Metrics)
}

// measure registers the metrics.
func (r *archiving) measure(metrics prometheus.Registerer) error {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	r.segments = counter("taurus_archive_segments_total", "Segments that were written.")
	r.size = counter("taurus_archive_bytes_total", "Bytes of the segments that were written.")
	r.failures = counter("taurus_archive_failures_total", "Failures to write the archive that are tried again.")
	for _, c := range []prometheus.Collector{
		r.segments, r.size, r.failures,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "taurus_archive_sequence", Help: "Last sequence of the log that is archived."},
			func() float64 { return float64(r.writer.Sequence()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "taurus_archive_waiting_records", Help: "Records that were read and are not archived yet."},
			func() float64 { return float64(r.writer.Tail() - min(r.writer.Tail(), r.writer.Sequence())) }),
	} {
		if err := metrics.Register(c); err != nil {
			return fmt.Errorf("archive: register metrics: %w", err)
		}
	}
	return nil
}

func (r *archiving) wrote(m *archive.Manifest) {
	r.failed.Store(nil)
	r.segments.Inc()
	r.size.Add(float64(m.Bytes))
}

func (r *archiving) fails(err error) {
	r.failed.Store(&err)
	r.failures.Inc()
}

// Run implements service.Runner.
func (r *archiving) Run(ctx context.Context) error { return r.writer.Run(ctx) }

// Ready implements service.Runner: it is not while the last attempt has failed.
func (r *archiving) Ready() error {
	if failed := r.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}
