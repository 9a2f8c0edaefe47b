package v2

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/gate"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// DocumentPath is where the OpenAPI document of all routes is.
const DocumentPath = "/v2/openapi.json"

// Commander carries out what users ask of jobs, of agents and of access, and returns the sequence
// at which it is so.
type Commander interface {
	Do(ctx context.Context, by web.Author, id string, c submission.Command) (sequence uint64, err error)
	DoAgents(ctx context.Context, by web.Author, c submission.AgentCommand) (sequence uint64, err error)
	DoAccess(ctx context.Context, by web.Author, c access.Command) (sequence uint64, err error)
}

// Submissions know what was submitted under which idempotency key.
type Submissions interface {
	Submission(key string) (projection.Submission, bool)
}

// Bounds tell where the log begins and ends.
type Bounds interface {
	Bounds(ctx context.Context) (eventlog.Bounds, error)
}

// Gauge counts what comes and goes.
type Gauge interface {
	Inc()
	Dec()
}

// Counter counts what happens.
type Counter interface{ Inc() }

// Options are what the dialect is given.
type Options struct {
	Reader    *reader.Reader
	Commander Commander
	// Live is what feeds and histories are of, and knows the idempotency keys.
	Live     *projection.Projection
	Log      Bounds
	Verdicts *projection.Verdicts
	// Audit tells who did what, TimeOf when a record of the log was stored.
	Audit  Audit
	TimeOf func(ctx context.Context, sequence uint64) (time.Time, error)
	// Space are the subjects of the log.
	Space events.Space
	// Parts is what is known of the parts that jobs wait for; nil if nothing is.
	Parts func() projection.Parts
	// Sandbox reads tasks' output; without it such requests answer 501.
	Sandbox Sandbox
	Limits  job.Limits
	// Unset is what jobs may ask for while the log has no policy; nil is policy.Default.
	Unset *policy.Policy
	Now   func() time.Time
	// Instance is which process of the role this is, Version that of its program.
	Instance, Version string
	// Feeds counts those that are open, FeedsCut those that were ended as slow.
	Feeds    Gauge
	FeedsCut Counter
	// Stopping is closed when feeds must end.
	Stopping <-chan struct{}
	// Heartbeat is how often idle feeds are written to; 0 is 15 s.
	Heartbeat time.Duration
	// FeedPatience is how long a client may take for what its feed holds for it, FeedBytes
	// how much that is, FeedsBytes how much it is of all feeds; 0 is the default of each.
	FeedPatience          time.Duration
	FeedBytes, FeedsBytes int
}

// New returns the dialect.
func New(o Options) web.Dialect {
	if o.Parts == nil {
		o.Parts = func() projection.Parts { return projection.Parts{} }
	}
	about := &about{reader: o.Reader, name: o.Instance, version: o.Version}
	foresees := &foresees{
		reader: o.Reader, verdicts: o.Verdicts, space: o.Space, limits: o.Limits, now: o.Now, turns: make(chan struct{}, ForeseesMax),
		unset: o.Unset,
	}
	jobs := &jobs{
		reader: o.Reader, commander: o.Commander, submissions: o.Live, keys: gate.New(), limits: o.Limits, now: o.Now,
		parts: o.Parts, foresees: foresees,
	}
	agents := &agents{reader: o.Reader, commander: o.Commander, verdicts: o.Verdicts, now: o.Now}
	permissions := &permissions{reader: o.Reader, commander: o.Commander, audit: o.Audit, now: o.Now}
	tasks := &tasks{reader: o.Reader, sandbox: o.Sandbox}
	explainer := &explainer{reader: o.Reader, verdicts: o.Verdicts, parts: o.Parts}
	feeds := &feeds{
		reader: o.Reader, live: o.Live, log: o.Log, open: o.Feeds, cut: o.FeedsCut, stopping: o.Stopping,
		heartbeat: cmp.Or(o.Heartbeat, heartbeat), patience: cmp.Or(o.FeedPatience, DefaultFeedPatience),
		bytes: cmp.Or(o.FeedBytes, DefaultFeedBytes), allowance: newAllowance(cmp.Or(o.FeedsBytes, DefaultFeedsBytes)),
	}
	audits := &audits{audit: o.Audit, sequence: o.Live.Sequence, timeOf: o.TimeOf}
	handovers := &handovers{now: o.Now, codes: map[string]handover{}}
	always := func(*http.Request) bool { return true }
	return web.Dialect{
		Routes: []web.Route{
			{Method: http.MethodGet, Path: DocumentPath, Open: true, Handle: about.openAPI, Fixed: true},
			{Method: http.MethodGet, Path: "/v2/version", Open: true, Handle: about.who, Fixed: true},
			{Method: http.MethodGet, Path: "/v2/whoami", Open: true, Handle: about.me},
			{Method: http.MethodGet, Path: "/v2/cluster", Right: access.Read, About: web.AnyJob(), Handle: about.cluster},
			{Method: http.MethodGet, Path: "/v2/agents", Right: access.Read, About: web.AnyJob(), Handle: agents.list, Cost: web.Large},
			{Method: http.MethodPost, Path: "/v2/agents/:host/drain", Right: access.Agents, About: web.Cluster(), Handle: agents.drain},
			{Method: http.MethodDelete, Path: "/v2/agents/:host/drain", Right: access.Agents, About: web.Cluster(), Handle: agents.undrain},
			{Method: http.MethodGet, Path: "/v2/events", Right: access.Read, About: web.AnyJob(), Handle: feeds.all, Feed: always},
			{Method: http.MethodGet, Path: "/v2/audit", Right: access.Audit, About: web.Cluster(), Handle: audits.list, Cost: web.Large},
			{Method: http.MethodPost, Path: "/v2/handovers", Open: true, Handle: handovers.hand},
			{Method: http.MethodPost, Path: "/v2/handovers/redeem", Open: true, Handle: handovers.redeem},
			{Method: http.MethodPost, Path: "/v2/jobs", Right: access.Submit, About: web.SentJob(), Handle: jobs.create, Cost: web.Submission},
			{Method: http.MethodGet, Path: "/v2/jobs", Right: access.Read, About: web.AnyJob(), Handle: jobs.list, Cost: web.Large},
			{Method: http.MethodGet, Path: "/v2/jobs/:id", Right: access.Read, About: web.JobIn("id"), Handle: jobs.get},
			{Method: http.MethodPut, Path: "/v2/jobs/:id", Right: access.Update, About: web.JobIn("id"), Else: access.Submit, Handle: jobs.put, Cost: web.Submission},
			{Method: http.MethodDelete, Path: "/v2/jobs/:id", Right: access.Delete, About: web.JobIn("id"), Handle: jobs.remove},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/versions", Right: access.History, About: web.JobIn("id"), Handle: jobs.versions, Cost: web.Large},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/versions/:version", Right: access.History, About: web.JobIn("id"), Handle: jobs.version},
			{Method: http.MethodPut, Path: "/v2/jobs/:id/versions/:version/tag", Right: access.Update, About: web.JobIn("id"), Handle: jobs.tag},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/diff", Right: access.History, About: web.JobIn("id"), Handle: jobs.diff},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/revert", Right: access.Update, About: web.JobIn("id"), Handle: jobs.revert},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/rollout", Right: access.Read, About: web.JobIn("id"), Handle: jobs.rollout},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/rollout", Right: access.Update, About: web.JobIn("id"), Handle: jobs.steer, Cost: web.Urgent},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/restart", Right: access.Update, About: web.JobIn("id"), Handle: jobs.restart},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/scale", Right: access.Scale, About: web.JobIn("id"), Handle: jobs.scale},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/kill", Right: access.Stop, About: web.JobIn("id"), Handle: jobs.kill, Cost: web.Urgent},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/stop", Right: access.Stop, About: web.JobIn("id"), Handle: jobs.stop, Cost: web.Urgent},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/runs", Right: access.History, About: web.JobIn("id"), Handle: jobs.runs, Cost: web.Large},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/runs", Right: access.Update, About: web.JobIn("id"), Handle: jobs.runNow},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/dispatch", Right: access.Update, About: web.JobIn("id"), Handle: jobs.dispatch},
			{Method: http.MethodPost, Path: "/v2/jobs/:id/schedule", Right: access.Update, About: web.JobIn("id"), Handle: jobs.schedule},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/tasks", Right: access.Read, About: web.JobIn("id"), Handle: tasks.list, Cost: web.Large},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/tasks/:slot", Right: access.Read, About: web.JobIn("id"), Handle: tasks.get},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/tasks/:slot/logs/:file", Right: access.Logs, About: web.JobIn("id"), Handle: tasks.output, Cost: web.Large},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/events", Right: access.History, About: web.JobIn("id"), Handle: feeds.ofJob, Cost: web.Large, Feed: wantsFeed},
			{Method: http.MethodGet, Path: "/v2/jobs/:id/explain", Right: access.Explain, About: web.JobIn("id"), Handle: explainer.ofJob},
			{Method: http.MethodGet, Path: "/v2/policy", Right: access.Read, About: web.AnyJob(), Handle: jobs.policy},
			{Method: http.MethodPost, Path: "/v2/policy/check", Right: access.Submit, About: web.SentJob(), Handle: jobs.checkPolicy, Cost: web.Submission},
			{Method: http.MethodPost, Path: "/v2/whatif", Right: access.Explain, About: web.AnyJob(), Handle: foresees.answer, Cost: web.Large},
			{Method: http.MethodGet, Path: "/v2/tokens", Right: access.Admin, About: web.Cluster(), Handle: permissions.tokens, Cost: web.Large},
			{Method: http.MethodPost, Path: "/v2/tokens", Right: access.Admin, About: web.Cluster(), Handle: permissions.createToken},
			{Method: http.MethodDelete, Path: "/v2/tokens/:id", Right: access.Admin, About: web.Cluster(), Handle: permissions.revokeToken, Cost: web.Urgent},
			{Method: http.MethodGet, Path: "/v2/roles", Right: access.Admin, About: web.Cluster(), Handle: permissions.roles, Cost: web.Large},
			{Method: http.MethodPut, Path: "/v2/roles/:name", Right: access.Admin, About: web.Cluster(), Handle: permissions.setRole},
			{Method: http.MethodDelete, Path: "/v2/roles/:name", Right: access.Admin, About: web.Cluster(), Handle: permissions.removeRole},
			{Method: http.MethodGet, Path: "/v2/groups", Right: access.Admin, About: web.Cluster(), Handle: permissions.groups, Cost: web.Large},
			{Method: http.MethodPut, Path: "/v2/groups/:name", Right: access.Admin, About: web.Cluster(), Handle: permissions.bindGroup},
		},
		Roots: []string{"/v2/"},
		Kinds: kinds(),
		Fail:  web.WriteProblem,
	}
}
