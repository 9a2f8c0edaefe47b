package events_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/pkg/events"
)

func ids() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9./_=-]{1,20}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 40), func(b []byte) string { return string(b) }),
	)
}

// TestTokens: any id has exactly one token, which NATS takes, and a token
// stands for exactly one id.
func TestTokens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := ids().Draw(t, "a"), ids().Draw(t, "b")
		token := events.EncodeToken(a)
		if back, err := events.DecodeToken(token); err != nil || back != a {
			t.Fatalf("%q -> %q -> %q (%v)", a, token, back, err)
		}
		if (token == events.EncodeToken(b)) != (a == b) {
			t.Fatalf("%q and %q share a token", a, b)
		}
		for i := range len(token) {
			if c := token[i]; c <= ' ' || c >= 0x7f || strings.ContainsRune(".*>", rune(c)) {
				t.Fatalf("token %q holds %q", token, c)
			}
		}
	})
}

// TestForeignTokens: whatever else decodes is the token of what it decodes to.
func TestForeignTokens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.StringMatching(`[a-zA-F0-9=._ ]{0,12}`).Draw(t, "token")
		id, err := events.DecodeToken(token)
		if err == nil && events.EncodeToken(id) != token {
			t.Fatalf("%q stands for %q, which is spelled %q", token, id, events.EncodeToken(id))
		}
		if err != nil && !errors.Is(err, events.ErrSubject) {
			t.Fatalf("%q: %v, want ErrSubject", token, err)
		}
	})
}

// TestParseSubject is the inverse of every builder.
func TestParseSubject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		space := events.NewSpace(rapid.Uint32().Draw(t, "partitions"))
		id, n := ids().Draw(t, "id"), rapid.Uint32().Draw(t, "n")
		for subject, want := range map[string]events.Subject{
			space.Job(id):     {Role: events.RoleJob, Job: id},
			space.Plan(id):    {Role: events.RolePlan, Job: id},
			space.Kill(id):    {Role: events.RoleKill, Job: id},
			space.Task(id, n): {Role: events.RoleTask, Job: id, Slot: n},
			space.Launcher(n): {Role: events.RoleLauncher, Shard: n},
			space.Why(id):     {Role: events.RoleWhy, Job: id},

			events.SealSubject: {Role: events.RoleSeal},
			events.LogSubject:  {Role: events.RoleLog},
			events.AuditDone:   {Role: events.RoleAudit}, events.AuditRefused: {Role: events.RoleAudit}, events.AuditLooked: {Role: events.RoleAudit},
			events.AuditUsed: {Role: events.RoleAudit},

			events.AgentsSubject: {Role: events.RoleAgents},
			events.AccessSubject: {Role: events.RoleAccess},
		} {
			if got, err := events.ParseSubject(subject); err != nil || got != want {
				t.Fatalf("%s: %+v (%v), want %+v", subject, got, err, want)
			}
		}
	})
}

// TestSpaceParses what it builds, and tells what another space does.
func TestSpaceParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Min(1).Draw(t, "partitions")
		space, other, id := events.NewSpace(n), events.NewSpace(rapid.Uint32Min(1).Draw(t, "others")), ids().Draw(t, "id")
		builders := map[events.Role]func(events.Space) string{
			events.RoleJob: func(s events.Space) string { return s.Job(id) }, events.RolePlan: func(s events.Space) string { return s.Plan(id) },
			events.RoleKill: func(s events.Space) string { return s.Kill(id) }, events.RoleWhy: func(s events.Space) string { return s.Why(id) },
			events.RoleTask: func(s events.Space) string { return s.Task(id, 7) },
		}
		for role, build := range builders {
			if got, err := space.Parse(build(space)); err != nil || got.Role != role || got.Job != id {
				t.Fatalf("%s: %+v (%v)", build(space), got, err)
			}
			got, err := space.Parse(build(other))
			if astray := space.Partition(id) != other.Partition(id); errors.Is(err, events.ErrPartition) != astray || got.Role != role || got.Job != id {
				t.Fatalf("%s in a space of %d: %+v (%v)", build(other), n, got, err)
			}
		}
	})
	var zero events.Space
	for _, subject := range []string{zero.Launcher(3), events.SealSubject, events.LogSubject, events.AgentsSubject, events.AccessSubject, events.NewSpace(0).Job("web")} {
		if _, err := zero.Parse(subject); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if _, err := zero.Parse("orders.new"); !errors.Is(err, events.ErrSubject) {
		t.Error(err)
	}
}

// FuzzParseSubject: what is read as a subject is written as the same one.
func FuzzParseSubject(f *testing.F) {
	space := events.NewSpace(0)
	for _, seed := range []string{
		space.Job("a"), space.Plan("batch/web"), space.Kill("ü"), space.Task("a.b", 7), space.Why("a"), space.Launcher(1),
		events.SealSubject, events.LogSubject, events.AgentsSubject, events.AccessSubject,
		"taurus.ev.1.job.=", "taurus.ev.1.job.=2f", "taurus.ev.01.job.a", "taurus.ev.1.task.a.007", "taurus.ev.1.task.a", "taurus.why.1", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		s, err := events.ParseSubject(subject)
		if err != nil {
			if !errors.Is(err, events.ErrSubject) {
				t.Fatal(err)
			}
			return
		}
		again := map[events.Role]string{
			events.RoleJob: space.Job(s.Job), events.RolePlan: space.Plan(s.Job), events.RoleKill: space.Kill(s.Job),
			events.RoleTask: space.Task(s.Job, s.Slot), events.RoleWhy: space.Why(s.Job), events.RoleLauncher: space.Launcher(s.Shard),
			events.RoleSeal: events.SealSubject, events.RoleLog: events.LogSubject, events.RoleAgents: events.AgentsSubject,
			events.RoleAccess: events.AccessSubject,
			events.RoleAudit:  subject, // It has no parts.
		}[s.Role]
		if withoutPartition(again) != withoutPartition(subject) {
			t.Fatalf("%q is read as %+v, which is %q", subject, s, again)
		}
	})
}

// withoutPartition leaves out the number behind the prefix.
func withoutPartition(subject string) string {
	tokens := strings.Split(subject, ".")
	if len(tokens) > 2 && tokens[2] != "ctl" {
		tokens[2] = ""
	}
	return strings.Join(tokens, ".")
}

func TestParseSubjectRefuses(t *testing.T) {
	for _, subject := range []string{
		"", "taurus", "taurus.ev", "taurus.ev.", "taurus.ev.1.job", "taurus.ev.1.job.", "taurus.ev.x.job.a", "taurus.ev.-1.job.a",
		"taurus.ev.01.job.a", "taurus.ev.4294967296.job.a", "taurus.ev.1.job.a.b", "taurus.ev.1.job.a=2", "taurus.ev.1.job.a=2e",
		"taurus.ev.1.job.=41", "taurus.ev.1.ctl.a", "taurus.ev.1.why.a", "taurus.ev.1.nobody.a", "taurus.ev.1.task.a",
		"taurus.ev.1.task.a.x", "taurus.ev.1.task.a.01", "taurus.ev.1.task.a.4294967296", "taurus.ev.1.task.a.1.2",
		"taurus.ev.ctl.launcher", "taurus.ev.ctl.launcher.x", "taurus.ev.ctl.launcher.00", "taurus.ev.ctl.launcher.0.0", "taurus.ev.ctl.reaper.0",
		"taurus.ev.ctl", "taurus.ev.ctl.seal.0", "taurus.ev.ctl.seal.", "taurus.ev.ctl.log.0", "taurus.ev.ctl.access.0", "taurus.ev.1.access.a", "taurus.ev.1.seal.a", "taurus.ev.1.log.a",
		"taurus.why.1", "taurus.why.1.", "taurus.why.x.a", "taurus.why.01.a", "taurus.why.1.a.b", "Taurus.ev.1.job.a",
	} {
		if got, err := events.ParseSubject(subject); !errors.Is(err, events.ErrSubject) {
			t.Errorf("%q: %+v, %v, want ErrSubject", subject, got, err)
		}
	}
}

// TestPartitionsAreStable: another partition would hide a job's events from
// every expectation, so these never change.
func TestPartitionsAreStable(t *testing.T) {
	for id, want := range map[string][3]uint32{
		"":                {5, 2, 826821},
		"a":               {44, 5, 796972},
		"web":             {17, 2, 638097},
		"batch/web.site":  {7, 3, 677383},
		"\x00\xff":        {32, 4, 509856},
		"späßchen/job-17": {46, 4, 570926},
	} {
		got := [3]uint32{events.NewSpace(0).Partition(id), events.NewSpace(7).Partition(id), events.NewSpace(1 << 20).Partition(id)}
		if got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
	if n := events.NewSpace(0).Partitions(); n != 64 {
		t.Errorf("%d partitions by default, want 64", n)
	}
}

func TestPartitionIsWithinTheCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Min(1).Draw(t, "partitions")
		if p := events.NewSpace(n).Partition(ids().Draw(t, "id")); p >= n {
			t.Fatalf("partition %d of %d", p, n)
		}
	})
}
