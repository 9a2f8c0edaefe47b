package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Defaults and limits of the service.
const (
	// DefaultListen is where it listens unless told otherwise.
	DefaultListen = "127.0.0.1:8080"
	// DefaultBodyMax bounds request bodies, in bytes.
	DefaultBodyMax = 1 << 20

	// submissionShare is how full the log may be for a submission to be taken.
	submissionShare = 0.8
	// usageFor is how long an answer about how full the log is stays good.
	usageFor = time.Second
	// usageKey is what the gate knows that question by.
	usageKey = "usage"
	// readTimeout, writeTimeout and idleTimeout bound a connection; requests
	// are bounded by requestTimeout, feeds by feedWriteTimeout per write.
	headerTimeout    = 10 * time.Second
	readTimeout      = 30 * time.Second
	writeTimeout     = 60 * time.Second
	idleTimeout      = 2 * time.Minute
	requestTimeout   = 30 * time.Second
	feedWriteTimeout = 30 * time.Second
	stopTimeout      = 10 * time.Second
	heartbeat        = 15 * time.Second
	headerMax        = 32 << 10

	// decideMax is how often a write is decided anew after a lost race.
	decideMax = 10
	// settleWait is how long the log is given to show what took a race.
	settleWait = time.Second
	// stopsAtOnce is how many jobs are stopped at once when all are.
	stopsAtOnce = 16

	jobsPage, jobsPageMax     = 100, 1000
	tasksPage, tasksPageMax   = 1000, 10_000
	eventsPage, eventsPageMax = 100, 1000
	// logChunk is how many bytes of a task's output one answer has at most.
	logChunk = 1 << 20
	// actorMax and reasonMax bound what users say about themselves, in bytes.
	actorMax  = 128
	reasonMax = 1024
	keyMax    = 255
)

// Sandbox reads files out of tasks' sandboxes.
type Sandbox interface {
	// ReadFile reads at most length bytes of a file from offset on, and gives the
	// file's size. An error that is fs.ErrNotExist means there is no such file (yet).
	ReadFile(ctx context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) (data []byte, size int64, err error)
}

// Options are what a Service is given.
type Options struct {
	// Log is the one truth; required.
	Log eventlog.Log
	// Why is the verdict stream; without it explanations lack the launcher's.
	Why eventlog.Log
	// Space builds subjects; it must be that of the log.
	Space events.Space
	// Name tells this instance from others; required.
	Name string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets one line per request.
	Logger zerolog.Logger
	// Metrics registers the service's metrics; nil keeps them to itself.
	Metrics prometheus.Registerer
	// Listen is a TCP address; empty is DefaultListen, port 0 any free one.
	Listen string
	// BodyMax bounds request bodies, in bytes; 0 is DefaultBodyMax.
	BodyMax int64
	// Limits bound jobs; the zero value is job.DefaultLimits.
	Limits job.Limits
	// Sandbox reads tasks' output; without it such requests answer 501.
	Sandbox Sandbox
	// Version is what /v2/version answers; empty is "devel".
	Version string
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Log == nil:
		return o, fmt.Errorf("%w: Log is missing", ErrOptions)
	case o.Name == "" || strings.ContainsFunc(o.Name, unprintable):
		return o, fmt.Errorf("%w: Name %q must be a printable word", ErrOptions, o.Name)
	case o.BodyMax < 0:
		return o, fmt.Errorf("%w: BodyMax %d must not be negative", ErrOptions, o.BodyMax)
	}
	if o.Space.Partitions() == 0 {
		o.Space = events.NewSpace(0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if o.BodyMax == 0 {
		o.BodyMax = DefaultBodyMax
	}
	if o.Limits == (job.Limits{}) {
		o.Limits = job.DefaultLimits()
	}
	if o.Version == "" {
		o.Version = "devel"
	}
	return o, nil
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }
