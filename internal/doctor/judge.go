package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

// The areas that are looked at, as the checks of a report are called.
const (
	AreaNATS   = "nats"
	AreaSync   = "sync"
	AreaRights = "rights"
	AreaStream = "stream"
	AreaRoom   = "room"
	AreaClock  = "clock"
	AreaRole   = "role"
	AreaLog    = "log"
	AreaAPI    = "api"
	AreaMesos  = "mesos"
)

// lagMax is how many records a part may be behind before somebody should look.
const lagMax = 10_000

func ok(area, format string, args ...any) ready.Check {
	return ready.Check{Name: area, Detail: fmt.Sprintf(format, args...)}
}

func warn(area, format string, args ...any) ready.Check {
	return ready.Check{Name: area, Level: ready.Warn, Detail: fmt.Sprintf(format, args...)}
}

func fail(area, format string, args ...any) ready.Check {
	return ready.Check{Name: area, Level: ready.Fail, Detail: fmt.Sprintf(format, args...)}
}

// Judge says what is to be made of the facts.
func Judge(f Facts) ready.Report {
	r := ready.Report{Role: "doctor", Version: f.Version, Started: f.Now, Able: true}
	r.Add(f.nats()...)
	r.Add(f.roles()...)
	r.Add(f.api()...)
	r.Add(f.mesos()...)
	return r
}

func (f *Facts) nats() []ready.Check {
	if f.NATSErr != nil {
		return []ready.Check{fail(AreaNATS, "%v", f.NATSErr)}
	}
	n := &f.NATS
	checks := []ready.Check{f.server(), sync(n), rights(n)}
	for i := range n.Streams {
		checks = append(checks, stream(&n.Streams[i], f.ledger())...)
	}
	return append(checks, clock(n))
}

func (f *Facts) server() ready.Check {
	n := &f.NATS
	if n.Unfit != nil {
		return fail(AreaNATS, "%v", n.Unfit)
	}
	how := "in the clear"
	if n.TLS {
		how = "over TLS"
	}
	return ok(AreaNATS, "nats-server %s at %s, %s; its version and max_payload will do", n.Version, n.URL, how)
}

// sync is whether an append is on disk when it is acknowledged.
func sync(n *jetstream.Inspection) ready.Check {
	if n.Name == natsauth.BuiltIn {
		return ok(AreaSync, "the built-in server syncs every append to disk before it acknowledges it")
	}
	return ok(AreaSync, "cannot be seen from here: look that jetstream has `sync_interval: always` in the configuration of every server, or a power failure loses what was acknowledged")
}

func rights(n *jetstream.Inspection) ready.Check {
	if n.Anyone {
		return fail(AreaRights, "NATS is open: whoever reaches %s may write and delete the log without any credentials; give each role a key of its own and the rights to its subjects (docs/operating.md)", n.URL)
	}
	const closed = "NATS serves nobody without credentials"
	if n.Admin {
		return ok(AreaRights, closed+"; those shown here may make and delete streams: no service needs them")
	}
	return ok(AreaRights, closed)
}

// ledger is the name of the log's stream, the first that is looked at.
func (f *Facts) ledger() string {
	if len(f.NATS.Streams) == 0 {
		return ""
	}
	return f.NATS.Streams[0].Name
}

func stream(s *jetstream.StreamInspection, ledger string) []ready.Check {
	if gone := new(jetstream.NoStreamError); s.Name == natsauth.StreamsOf(ledger).Audit && errors.As(s.Err, &gone) {
		return []ready.Check{warn(AreaStream, "there is no stream %s, so who does what is not recorded: `taurus log create` makes it", s.Name)}
	}
	if s.Err != nil {
		return []ready.Check{fail(AreaStream, "%v", s.Err)}
	}
	checks := []ready.Check{ok(AreaStream, "%s is as it should be, %d to %d", s.Name, s.First, s.Last)}
	switch {
	case s.Current < s.Replicas:
		checks[0] = warn(AreaStream, "%s has %d of %d replicas that are up to date: look after the servers that are not", s.Name, s.Current, s.Replicas)
	case s.Replicas == 1 && s.Name == ledger:
		checks[0] = warn(AreaStream, "%s is as it should be, %d to %d, in one copy: three servers and --replicas 3 outlive the loss of one", s.Name, s.First, s.Last)
	}
	if s.Name == ledger {
		checks = append(checks, room(s))
	}
	return checks
}

func room(s *jetstream.StreamInspection) ready.Check {
	if s.MaxBytes == 0 {
		return warn(AreaRoom, "%s holds %d bytes and has no limit but the disk: give it one with `taurus log resize`, or a full disk stops everything at once", s.Name, s.Bytes)
	}
	share := float64(s.Bytes) / float64(s.MaxBytes)
	text := fmt.Sprintf("%.0f %% of the %d bytes of %s are used", 100*share, s.MaxBytes, s.Name)
	switch {
	case share >= ready.RoomFull:
		return fail(AreaRoom, "%s, nothing new is planned: make it larger with `taurus log resize`", text)
	case share >= ready.RoomWarn:
		return warn(AreaRoom, "%s, submissions are refused: make it larger with `taurus log resize`", text)
	}
	return ok(AreaRoom, "%s", text)
}

func clock(n *jetstream.Inspection) ready.Check {
	off := max(n.Skew.Abs()-n.SkewWithin, 0)
	switch {
	case n.SkewWithin == 0:
		return warn(AreaClock, "NATS' clock is not known, as no stream answered")
	case off > service.SkewMax:
		return fail(AreaClock, "NATS' clock is off by %v at least against this host's, the most is %v: run chrony on both", ready.Round(off), service.SkewMax)
	}
	return ok(AreaClock, "NATS' clock is within %v of this host's", ready.Round(max(n.Skew.Abs()+n.SkewWithin, 100*time.Millisecond)))
}

// needed are the roles that taurus cannot do without, and what waits for each.
func needed() []struct{ role, waits string } {
	return []struct{ role, waits string }{
		{"api", "nobody is served"},
		{"planner", "nothing new is planned and no stop begins"},
		{"launcher", "nothing is launched and no status is recorded"},
		{"reaper", "nothing is killed, so stops wait"},
	}
}

func (f *Facts) roles() []ready.Check {
	if f.PartsErr != nil {
		return []ready.Check{fail(AreaRole, "which parts are there is not known: %v", f.PartsErr)}
	}
	var checks []ready.Check
	for _, n := range needed() {
		here := slices.DeleteFunc(slices.Clone(f.Parts), func(s presence.Seen) bool { return s.Role != n.role })
		if len(here) == 0 {
			checks = append(checks, fail(AreaRole, "no %s is there: %s; start taurus-%s", n.role, n.waits, n.role))
		}
		for i := range here {
			checks = append(checks, f.part(&here[i]))
		}
	}
	return append(checks, f.versions()...)
}

func (f *Facts) part(s *presence.Seen) ready.Check {
	about := fmt.Sprintf("%s %s", s.Role, s.Name)
	if s.Unreadable != "" {
		return warn(AreaRole, "%s is there, and what it says cannot be read: %s", about, s.Unreadable)
	}
	if !s.Here {
		return fail(AreaRole, "%s has not renewed its presence for %v, and its key is still there: NATS stores nothing (look at its log, and whether its disk is full), or clocks are off",
			about, ready.Round(f.Now.Sub(s.Last)))
	}
	at := fmt.Sprintf("version %s, up for %v, folded %d", s.Version, ready.Round(f.Now.Sub(s.Started)), s.Sequence)
	if !s.Able {
		return fail(AreaRole, "%s is not ready: %s (%s)", about, s.Why(), at)
	}
	if len(f.NATS.Streams) > 0 {
		if tail := f.NATS.Streams[0].Last; tail > s.Sequence+lagMax {
			return warn(AreaRole, "%s is %d records behind the log (%s)", about, tail-s.Sequence, at)
		}
	}
	for _, c := range s.Checks {
		if c.Level == ready.Warn && !slices.Contains(elsewhere(), c.Name) {
			return warn(AreaRole, "%s is ready, but %s (%s)", about, c.Detail, at)
		}
	}
	return ok(AreaRole, "%s is ready (%s)", about, at)
}

// elsewhere are the checks of parts that lines of their own tell of.
func elsewhere() []string { return []string{ready.CheckRoom, ready.CheckRecords} }

// versions warns where parts are of different ones.
func (f *Facts) versions() []ready.Check {
	var all []string
	for _, s := range f.Parts {
		if s.Unreadable == "" && !slices.Contains(all, s.Version) {
			all = append(all, s.Version)
		}
	}
	if len(all) < 2 {
		return nil
	}
	slices.Sort(all)
	return []ready.Check{warn(AreaRole, "the parts have different versions, %s: finish the update", strings.Join(all, " and "))}
}

func (f *Facts) api() []ready.Check {
	if f.ClusterErr != nil {
		return []ready.Check{fail(AreaAPI, "%v", f.ClusterErr)}
	}
	checks := []ready.Check{ok(AreaAPI, "%s answers, at sequence %d", f.API, f.Cluster.Sequence)}
	if n := f.Cluster.Skipped; n > 0 {
		checks = append(checks, warn(AreaLog, "%d records are of types that the api does not know: update it", n))
	}
	if n := f.Cluster.Rejected; n > 0 {
		last := ""
		if all := f.Cluster.Rejections; len(all) > 0 {
			newest := all[len(all)-1]
			last = fmt.Sprintf(", the last at sequence %d on %s: %s", newest.Sequence, newest.Subject, newest.Reason)
		}
		checks = append(checks, warn(AreaLog, "%d records are rejected%s; no program of taurus' writes such, so look who else may publish", n, last))
	}
	return checks
}

func (f *Facts) mesos() []ready.Check {
	if f.ClusterErr != nil {
		return []ready.Check{warn(AreaMesos, "which master is used is not known, as the API does not say")}
	}
	switch s := f.Cluster.Launcher.Subscription; {
	case s == nil:
		return []ready.Check{fail(AreaMesos, "no launcher has ever subscribed to a master: look at --master of the launcher")}
	case !s.Open:
		return []ready.Check{fail(AreaMesos, "the subscription to %s is lost: %s", s.Master, s.Reason)}
	case f.Mesos == nil:
		return []ready.Check{ok(AreaMesos, "subscribed to %s since %s", s.Master, s.OpenedAt.UTC().Format(time.RFC3339))}
	}
	return f.Mesos.judge()
}

var (
	// errNotAsked is a master that wants more than a stranger has.
	errNotAsked = errors.New("it wants to know who asks: give --principal and --secret-file, as the launcher has them, and name the master by --mesos-hosts")
	// errNotTaken is one that does not take what it was shown.
	errNotTaken = errors.New("it does not take what it is shown: give --principal and --secret-file as the launcher has them")
)

func (m *Mesos) judge() []ready.Check {
	if m.Err != nil {
		return []ready.Check{warn(AreaMesos, "subscribed to %s, which does not tell about itself: %v", m.Master, m.Err)}
	}
	checks := []ready.Check{ok(AreaMesos, "subscribed to %s, Mesos %s", m.Master, m.Version)}
	if m.Flags["registry"] == "in_memory" {
		checks = append(checks, warn(AreaMesos, "the master keeps its registry in memory: one that is started again knows no agents; use --registry=replicated_log"))
	}
	if m.Flags["authenticate_http_frameworks"] == "false" || m.Flags["authenticate_http_frameworks"] == "" {
		checks = append(checks, warn(AreaMesos, "the master takes a framework from anyone: use --authenticate_http_frameworks, and --principal of the launcher and reaper"))
	}
	switch {
	case m.Active == 0:
		checks = append(checks, fail(AreaMesos, "no agent is there: tasks find no place"))
	case m.Inactive > 0:
		checks = append(checks, warn(AreaMesos, "%d agents are there, %d of them the master does not hear", m.Active+m.Inactive, m.Inactive))
	default:
		checks = append(checks, ok(AreaMesos, "%d agents are there", m.Active))
	}
	return checks
}
