package api

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/servertls"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	v2 "github.com/milosgajdos/taurus/services/api/v2"
	"github.com/milosgajdos/taurus/services/api/web"
)

// Defaults and limits of the service.
const (
	// DefaultListen is where it listens unless told otherwise.
	DefaultListen = "127.0.0.1:8080"
	// DefaultBodyMax bounds request bodies, in bytes.
	DefaultBodyMax = 1 << 20
	// DefaultKeepEnded is for how long the tasks of a job that is over stay in memory.
	DefaultKeepEnded = 24 * time.Hour
	// DefaultConnections is how many there may be at once, DefaultConnectionsEach how
	// many of one client.
	DefaultConnections     = 1024
	DefaultConnectionsEach = 512
)

// DefaultAnonymous is what requests may do that show no credential: nothing.
const DefaultAnonymous = authn.Nobody

// AnonymousLoopback has them do what the role anonymous gives, if they come from this
// machine.
const AnonymousLoopback = authn.Loopback

// Sandbox reads files out of tasks' sandboxes.
type Sandbox = v2.Sandbox

// ErrAgentNotNamed is returned by a Sandbox for an agent that it was not told to ask.
var ErrAgentNotNamed = v2.ErrAgentNotNamed

// Options are what a Service is given.
type Options struct {
	// Log is the one truth; required.
	Log eventlog.Log
	// ReadLog is the same log on a connection of its own: feeds, histories and looks at
	// the past are read over it, so that writes and the fold never wait behind those. Nil
	// is Log.
	ReadLog eventlog.Log
	// Why is the verdict stream; without it explanations lack the launcher's.
	Why eventlog.Log
	// Audit opens the audit stream; nil has nothing recorded of who did what.
	Audit func(context.Context) (eventlog.Log, error)
	// Space builds subjects; it must be that of the log.
	Space events.Space
	// Instance is which process of the role this is; required.
	Instance string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets one line per request.
	Logger zerolog.Logger
	// Metrics registers the service's metrics; nil keeps them to itself.
	Metrics prometheus.Registerer
	// Marks keep how far the log was folded; nil for none.
	Marks fold.Marks
	// Listen is a TCP address; empty is DefaultListen, port 0 any free one.
	Listen string
	// TLS is how connections are encrypted; nil is not at all.
	TLS *servertls.Server
	// OIDC has users sign in by JWTs of an issuer; nil has none.
	OIDC *authn.OIDC
	// HostNames are the names that users ask for it by, besides localhost, addresses, the one
	// in Listen and those of its certificate. One that begins with "*." is any that has one
	// part there.
	HostNames []string
	// Anonymous is what requests may do that show no credential: none, loopback, or the name
	// of a role; empty is DefaultAnonymous.
	Anonymous string
	// BodyMax bounds request bodies, in bytes; 0 is DefaultBodyMax.
	BodyMax int64
	// Limits bound jobs; the zero value is job.DefaultLimits.
	Limits job.Limits
	// Policy is what jobs may ask for while the log has no policy; nil is policy.Default.
	Policy *policy.Policy
	// PolicyFile is kept to by the policy of the log, empty for none; PolicyEvery is how often
	// it is looked at, 0 is the constant of that name.
	PolicyFile  string
	PolicyEvery time.Duration
	// KeepEnded is for how long the tasks of a job that is over stay in memory; from then on they
	// are read from the log. 0 is DefaultKeepEnded.
	KeepEnded time.Duration
	// Connections is how many there may be at once, ConnectionsEach how many of one
	// client; 0 is the default of each.
	Connections, ConnectionsEach int
	// Requests are how many requests and feeds there may be at once.
	Requests web.Limits
	// FeedBytes is what one feed holds for its client, in bytes, FeedsBytes what all of
	// them do; 0 is what package v2 has.
	FeedBytes, FeedsBytes int64
	// Sandbox reads tasks' output; without it such requests answer 501.
	Sandbox Sandbox
	// Presence is who else is there; nil if nobody knows.
	Presence *presence.Watch
	// Report is what the process says of itself; nil if nobody knows.
	Report func() ready.Report
	// Version is what /v2/version answers; empty is "devel".
	Version string

	// ReadTimeout is how long a request may take to arrive; 0 is 30 s.
	ReadTimeout time.Duration
	// Heartbeat is how often idle feeds are written to, FeedPatience how long a
	// client of one may take for what is held for it; 0 is what package v2 has.
	Heartbeat, FeedPatience time.Duration
	// SettleWait is how long the log is given to show what took a race; 0 is what
	// the commander has.
	SettleWait time.Duration

	// WeighEvery is how often the log is asked how full it is, besides before something
	// new begins; 0 is never.
	WeighEvery time.Duration

	// dialects are more than the service's own.
	dialects []func(given) web.Dialect
	// access knows who asks; nil goes by Anonymous and what is folded.
	access web.Access
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Log == nil:
		return o, fmt.Errorf("%w: Log is missing", ErrOptions)
	case o.Instance == "" || strings.ContainsFunc(o.Instance, unprintable):
		return o, fmt.Errorf("%w: Instance %q must be a printable word", ErrOptions, o.Instance)
	case o.BodyMax < 0:
		return o, fmt.Errorf("%w: BodyMax %d must not be negative", ErrOptions, o.BodyMax)
	}
	if o.ReadLog == nil {
		o.ReadLog = o.Log
	}
	o.Connections = cmp.Or(o.Connections, DefaultConnections)
	o.ConnectionsEach = cmp.Or(o.ConnectionsEach, DefaultConnectionsEach)
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
	o.KeepEnded = cmp.Or(o.KeepEnded, DefaultKeepEnded)
	o.PolicyEvery = cmp.Or(o.PolicyEvery, PolicyEvery)
	o.Anonymous = cmp.Or(o.Anonymous, DefaultAnonymous)
	if o.ReadTimeout == 0 {
		o.ReadTimeout = readTimeout
	}
	return o, nil
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

// hostNames are all the names that users may ask for it by at this moment.
func (o *Options) hostNames() []string {
	names := o.HostNames
	if host, _, err := net.SplitHostPort(o.Listen); err == nil && host != "" {
		names = append(slices.Clone(names), host)
	}
	if o.TLS != nil {
		names = append(slices.Clone(names), o.TLS.State().Names()...)
	}
	return names
}
