package natsauth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

var streams = natsauth.StreamsOf("TAURUS")

// matches reports whether a subject falls under a pattern.
func matches(pattern, subject string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(subject, ".")
	for i, token := range p {
		switch {
		case token == ">":
			return len(s) > i
		case i >= len(s) || token != "*" && token != s[i]:
			return false
		}
	}
	return len(p) == len(s)
}

func allowed(r natsauth.Role, subject string) bool {
	return slices.ContainsFunc(natsauth.Publish(r, streams), func(p string) bool { return matches(p, subject) })
}

// writers are the roles that may publish a subject.
func writers(subject string) (roles []natsauth.Role) {
	for _, r := range natsauth.Roles() {
		if allowed(r, subject) {
			roles = append(roles, r)
		}
	}
	return roles
}

// TestEachSubjectHasItsWriter: those that the events of a role are written on are its
// own, and the admin's, who may write back a log that was lost.
func TestEachSubjectHasItsWriter(t *testing.T) {
	for _, space := range []events.Space{events.NewSpace(1), events.NewSpace(64)} {
		for _, job := range []string{"web", "team/web.1", "ü", strings.Repeat("x", 100)} {
			for subject, want := range map[string]natsauth.Role{
				space.Job(job): natsauth.API, space.Plan(job): natsauth.Planner, space.Task(job, 0): natsauth.Launcher,
				space.Task(job, 70000): natsauth.Launcher, space.Kill(job): natsauth.Reaper, space.Launcher(0): natsauth.Launcher,
				space.Why(job): natsauth.Launcher, events.AuditDone: natsauth.API, events.AuditRefused: natsauth.API,
				events.AuditLooked: natsauth.API, events.AuditUsed: natsauth.API, "taurus.ev.ctl.seal": natsauth.Planner,
				events.AgentsSubject: natsauth.API, events.AccessSubject: natsauth.API,
			} {
				if got := writers(subject); !slices.Equal(got, []natsauth.Role{want, natsauth.Admin}) {
					t.Errorf("%s is written by %v, want %s", subject, got, want)
				}
			}
		}
	}
	for subject, want := range map[string]natsauth.Role{
		"$KV.taurus_lease.lease.launcher-0":      natsauth.Launcher,
		"$KV.taurus_lease.member.planner.one":    natsauth.Planner,
		"$KV.taurus_lease.member.reaper.one":     natsauth.Reaper,
		"$KV.taurus_lease.presence.api.one":      natsauth.API,
		"$KV.taurus_lease.presence.planner.one":  natsauth.Planner,
		"$KV.taurus_lease.presence.launcher.one": natsauth.Launcher,
		"$KV.taurus_lease.presence.reaper.one":   natsauth.Reaper,
		"taurus.ev.ctl.log":                      natsauth.Admin,
	} {
		if got := writers(subject); !slices.Equal(got, []natsauth.Role{want}) {
			t.Errorf("%s is written by %v, want %s", subject, got, want)
		}
	}
}

// TestOnlyTheAdminManages: nobody else makes, changes or trims anything, nor asks for
// what outlives them.
func TestOnlyTheAdminManages(t *testing.T) {
	for _, r := range natsauth.Roles() {
		for _, subject := range manages() {
			if allowed(r, subject) != (r == natsauth.Admin) {
				t.Errorf("%s may publish %s: %t", r, subject, allowed(r, subject))
			}
		}
	}
}

// manages are requests that are for an admin.
func manages() []string {
	var all []string
	for _, stream := range []string{"TAURUS", "TAURUS_WHY", "TAURUS_AUDIT", "KV_taurus_lease", "MINE"} {
		for _, request := range []string{
			"STREAM.CREATE.", "STREAM.UPDATE.", "STREAM.DELETE.", "STREAM.PURGE.", "STREAM.MSG.DELETE.", "STREAM.SNAPSHOT.",
			"STREAM.RESTORE.", "STREAM.LEADER.STEPDOWN.", "STREAM.PEER.REMOVE.", "CONSUMER.CREATE.", "CONSUMER.LIST.", "CONSUMER.NAMES.",
		} {
			all = append(all, "$JS.API."+request+stream)
		}
		for _, request := range []string{
			"CONSUMER.DURABLE.CREATE.", "CONSUMER.PAUSE.", "CONSUMER.RESET.", "CONSUMER.UNPIN.", "CONSUMER.LEADER.STEPDOWN.",
		} {
			all = append(all, "$JS.API."+request+stream+".c")
		}
		all = append(all, "$JS.API.CONSUMER.CREATE."+stream+".c.taurus.ev.0.job.web")
	}
	return append(all, "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.API.META.LEADER.STEPDOWN", "$JS.API.DIRECT.GET.TAURUS",
		"$JS.API.CONSUMER.CREATE.MINE.c", "$JS.API.STREAM.INFO.MINE")
}

// TestNobodyHearsOthers: answers come on the key's own inboxes, and nothing else
// comes. A role without a key is no user.
func TestNobodyHearsOthers(t *testing.T) {
	users := natsauth.Users(map[natsauth.Role]string{natsauth.API: "UA", natsauth.Admin: "UB"}, streams)
	if len(users) != 2 {
		t.Fatalf("users %+v", users)
	}
	for i, want := range []string{"_INBOX_UA.>", "_INBOX_UB.>"} {
		if got := users[i].Subscribe; !slices.Equal(got, []string{want}) {
			t.Errorf("%s hears %q, want %s", users[i].Role, got, want)
		}
	}
}

func TestStreamsAreThoseOfTheLog(t *testing.T) {
	if streams.Bucket != jetstream.LeaseBucket || streams.Ledger != jetstream.DefaultStream {
		t.Errorf("%+v", streams)
	}
}

// TestPatternsAreWhole: NATS takes a wildcard for a whole token only.
func TestPatternsAreWhole(t *testing.T) {
	for _, r := range natsauth.Roles() {
		for _, pattern := range natsauth.Publish(r, streams) {
			for token := range strings.SplitSeq(pattern, ".") {
				if token == "" || len(token) > 1 && strings.ContainsAny(token, "*>") {
					t.Errorf("%s: %q", r, pattern)
				}
			}
		}
	}
}
