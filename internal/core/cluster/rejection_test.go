package cluster_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ofEachType is an event of every type, of slot 0 where it is about a slot.
func ofEachType() []events.Event {
	one := clustertest.Slots(0, 0, 1)
	return []events.Event{
		events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[]}`)},
		events.RequestAnswered{Principal: "ann", Method: "POST", Outcome: "done", Status: 200},
		events.TokenUsed{ID: "0a1b"},
		events.JobScaled{Run: 1, Version: 2, Group: "web", Replicas: 3},
		events.JobUpdated{Run: 1, Version: 2, Spec: []byte(`{"id":"web","tasks":[]}`)},
		events.KillRequested{Run: 1, Slots: one},
		events.JobRestarted{Run: 1, Version: 1},
		events.RolloutSteered{Run: 1, Version: 2, Action: events.RolloutPause},
		events.VersionTagged{Run: 1, Version: 1, Tag: "stable"},
		events.JobStopped{Run: 1},
		events.ScheduleSteered{Run: 1, Action: events.SchedulePause},
		events.RunRequested{Run: 1, Version: 1, Number: 1},
		events.RunDue{Run: 1, Version: 1, Outcome: events.RunStarted},
		events.JobDeleted{Run: 1},
		events.TasksPlanned{Run: 1, Version: 1, Group: "web", Slots: one},
		events.TasksDoomed{Run: 1, Slots: one},
		events.RolloutEnded{Run: 1, Version: 2, Began: 1, Outcome: events.RolloutFailed},
		events.RolloutReverted{Run: 1, Version: 2, Began: 1, To: 1},
		events.JobCompleted{Run: 1},
		events.JobExpired{Run: 1},
		events.JobFailed{Run: 1},
		events.TaskStaged{Run: 1, Attempt: 1, TaskID: "t"},
		events.TaskWithdrawn{Run: 1, Attempt: 1},
		events.TaskAdopted{Run: 1, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"},
		events.TaskStatusChanged{Run: 1, Attempt: 1, State: "TASK_RUNNING"},
		events.KillIssued{Run: 1, Slots: one},
		events.LauncherElected{Nonce: "n"},
		events.FrameworkRegistered{FrameworkID: "f"},
		events.SubscriptionOpened{FrameworkID: "f", StreamID: "s"},
		events.SubscriptionClosed{StreamID: "s"},
		events.VerdictChanged{Run: 1, Group: "web"},
		events.AgentsOffered{Agents: []events.AgentOffer{{AgentID: "S1"}}},
		events.AgentDrained{Hostname: "h"},
		events.AgentRestored{AgentID: "S1"},
		events.TokenCreated{ID: "t", Owner: "ann", Hash: "00", Roles: []string{"reader"}},
		events.TokenRevoked{ID: "t"},
		events.RoleSet{Name: "shop"},
		events.RoleRemoved{Name: "shop"},
		events.GroupBound{Group: "shop"},
		events.PolicySet{Hash: "00"},
		events.TasksListed{Loss: 1},
		events.AgentUnavailable{AgentID: "S1"},
		events.LogSealed{Through: 1, Hash: "00"},
		events.LogCreated{ID: "l"},
		events.LossAccepted{From: 1, To: 1},
		events.Unknown{TypeName: "taurus.job.applauded.v1", Data: []byte("{}")},
	}
}

// ofEachRole is a subject of every role.
func ofEachRole(space events.Space) map[events.Role]string {
	return map[events.Role]string{
		events.RoleJob: space.Job("web"), events.RolePlan: space.Plan("web"), events.RoleTask: space.Task("web", 0),
		events.RoleKill: space.Kill("web"), events.RoleLauncher: space.Launcher(0), events.RoleWhy: space.Why("web"),
		events.RoleSeal: events.SealSubject, events.RoleLog: events.LogSubject, events.RoleAgents: events.AgentsSubject, events.RoleAccess: events.AccessSubject, events.RoleOffers: space.Offers(0),
		events.RoleAudit: events.AuditDone,
	}
}

func decoded(t *testing.T, space events.Space, sequence uint64, subject string, env events.Envelope, ev events.Event) cluster.Record {
	t.Helper()
	if env.ID == "" {
		env.ID = "id"
	}
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		t.Fatal(err)
	}
	r, err := cluster.Decode(space, sequence, time.Unix(1_800_000_000, 0), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEachTypeHasOneRole: an event stands on the subjects of its role, on no other,
// and one of a type that is not known on any.
func TestEachTypeHasOneRole(t *testing.T) {
	space := events.NewSpace(7)
	accepted := 0
	for _, ev := range ofEachType() {
		for role, subject := range ofEachRole(space) {
			r := decoded(t, space, 1, subject, events.Envelope{}, ev)
			fits := events.RoleOf(ev) == role || events.RoleOf(ev) == ""
			switch {
			case fits && r.Rejection != "":
				t.Errorf("%s on %s is rejected: %s", ev.Type(), subject, r.Rejection)
			case !fits && !strings.Contains(r.Rejection, "stands on subjects of "+string(events.RoleOf(ev))):
				t.Errorf("%s on %s is rejected for %q", ev.Type(), subject, r.Rejection)
			case fits:
				accepted++
			}
		}
	}
	if want := len(ofEachType()) - 1 + len(ofEachRole(space)); accepted != want {
		t.Errorf("%d pairs are accepted, want %d", accepted, want)
	}
}

// TestRejectedChangesNothing but what is expected of its own subject; of a subject
// that is none of the log's not even that.
func TestRejectedChangesNothing(t *testing.T) {
	space := events.NewSpace(7)
	wrong := fmt.Sprintf("taurus.ev.%d.", (space.Partition("web")+1)%7)
	for subject, last := range map[string]func(*cluster.State) uint64{
		space.Job("web"):                    func(s *cluster.State) uint64 { return s.Jobs["web"].LastJob },
		space.Plan("web"):                   func(s *cluster.State) uint64 { return s.Jobs["web"].LastPlan },
		space.Kill("web"):                   func(s *cluster.State) uint64 { return s.Jobs["web"].LastKill },
		space.Task("web", 0):                func(s *cluster.State) uint64 { return s.Jobs["web"].Slots[0].Last },
		space.Task("web", 9):                func(s *cluster.State) uint64 { return s.Jobs["web"].Slots[9].Last },
		space.Job("new"):                    func(s *cluster.State) uint64 { return s.Jobs["new"].LastJob },
		space.Launcher(0):                   func(s *cluster.State) uint64 { return s.Launcher.Last },
		events.SealSubject:                  func(s *cluster.State) uint64 { return s.Seal.Last },
		events.LogSubject:                   func(s *cluster.State) uint64 { return s.LastLog },
		events.AgentsSubject:                func(s *cluster.State) uint64 { return s.Agents.Last },
		events.AccessSubject:                func(s *cluster.State) uint64 { return s.Access.Last },
		space.Why("web"):                    nil,
		wrong + "job.web":                   nil,
		wrong + "task.web.0":                nil,
		space.Task("web", 1<<20):            nil,
		space.Launcher(1):                   nil,
		"orders.new":                        nil,
		"taurus.ev.ctl.newer":               nil, // As access is to programs of before.
		space.Job(strings.Repeat("a", 201)): nil,
		space.Job("\xff"):                   nil,
		space.Job("a\nb"):                   nil,
	} {
		l, _ := in(t, "RUNNING")
		untouched, _ := in(t, "RUNNING")
		r, err := cluster.Decode(space, l.State.Sequence+1, l.Now, events.Message{Subject: subject, Data: []byte("{")})
		if err != nil || r.Rejection == "" {
			t.Fatalf("%s: %+v (%v)", subject, r, err)
		}
		c, err := l.State.Apply(r)
		if err != nil || c.Judgement != cluster.Rejected || c.Job != nil || c.Tasks != nil {
			t.Errorf("%s: %+v (%v)", subject, c, err)
		}
		rejections := l.State.Rejections
		if rejections.Count != 1 || len(rejections.Newest) != 1 || rejections.Newest[0] != c.Rejection || c.Rejection.Reason != r.Rejection {
			t.Errorf("%s: %+v", subject, rejections)
		}
		if last != nil && last(l.State) != r.Sequence {
			t.Errorf("%s: its last is %d, want %d", subject, last(l.State), r.Sequence)
		}
		l.State.Rejections, l.State.Sequence = untouched.State.Rejections, untouched.State.Sequence
		l.State.Launcher.Last, l.State.Seal.Last, l.State.LastLog = untouched.State.Launcher.Last, 0, 0
		l.State.Agents.Last, l.State.Access.Last = 0, 0
		web, before := l.State.Jobs["web"], untouched.State.Jobs["web"]
		web.LastJob, web.LastPlan, web.LastKill = before.LastJob, before.LastPlan, before.LastKill
		web.Slots[0].Last = before.Slots[0].Last
		if last != nil {
			delete(web.Slots, 9) // It knows of no task.
			delete(l.State.Jobs, "new")
		}
		if !reflect.DeepEqual(l.State, untouched.State) {
			t.Errorf("%s: the state has changed", subject)
		}
	}
}

// TestRejectionsAreBounded: the newest are kept, all are counted.
func TestRejectionsAreBounded(t *testing.T) {
	s := cluster.New()
	for n := range uint64(100) {
		r, err := cluster.Decode(events.Space{}, n+1, time.Time{}, events.Message{Subject: strings.Repeat("x\n", 1000)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	kept := s.Rejections.Newest
	if s.Rejections.Count != 100 || len(kept) != cluster.RejectionsKept || kept[0].Sequence != 85 || kept[15].Sequence != 100 {
		t.Errorf("%d, kept %d, from %d", s.Rejections.Count, len(kept), kept[0].Sequence)
	}
	if one := kept[0]; len(one.Subject) > 1300 || strings.Contains(one.Subject, "\n") || strings.Contains(one.Reason, "\n") || len(one.Reason) > 1300 {
		t.Errorf("%+v", one)
	}
}

// TestBounds: what breaks one is rejected, and the reason names it; what is just
// within is not.
func TestBounds(t *testing.T) {
	space, long, now := events.NewSpace(7), strings.Repeat("x", 70_000), time.Unix(1_800_000_000, 0)
	many := make([]events.SlotRange, ranges.Max+1)
	for i := range many {
		many[i] = events.SlotRange{From: uint32(i), To: uint32(i), Attempt: 1}
	}
	slots := clustertest.Slots
	planned := func(list []events.SlotRange) events.Event {
		return events.TasksPlanned{Run: 1, Group: "web", Slots: list}
	}
	status := func(change func(*events.TaskStatusChanged)) events.Event {
		ev := events.TaskStatusChanged{Run: 1, Slot: 7, Attempt: 1, State: "TASK_RUNNING"}
		change(&ev)
		return ev
	}
	staged := func(change func(*events.TaskStaged)) events.Event {
		ev := events.TaskStaged{Run: 1, Slot: 7, Attempt: 1, TaskID: "t"}
		change(&ev)
		return ev
	}
	for _, c := range []struct {
		ev   events.Event
		want string // empty: it is not rejected
	}{
		{planned(slots(0, 99_999, 1)), ""},
		{planned(slots(0, 100_000, 1)), "slots names 100001 attempts"},
		{planned(append(slots(0, 60_000, 1), slots(0, 60_000, 2)...)), "slots names 120002 attempts"},
		{planned(slots(0, math.MaxUint32, 1)), "slots names slot 4294967295"},
		{planned(slots(cluster.SlotEnd-1, cluster.SlotEnd-1, 1)), ""},
		{planned(slots(cluster.SlotEnd, cluster.SlotEnd, 1)), "slots names slot 1048576"},
		{planned(slots(3, 2, 1)), "from 3 to 2"},
		{planned(slots(0, 0, 0)), "attempt 0"},
		{planned(slots(0, 0, cluster.AttemptMax)), ""},
		{planned(slots(0, 0, cluster.AttemptMax+1)), "attempt 2147483648"},
		{planned(many[:ranges.Max]), ""},
		{planned(many), "4097 ranges"},
		{events.TasksPlanned{Run: 1, NotBefore: now.Add(7 * 24 * time.Hour)}, ""},
		{events.TasksPlanned{Run: 1, NotBefore: now.Add(31 * 24 * time.Hour)}, "not_before"},
		{events.TasksPlanned{Run: 1, Version: 1 << 60}, "version"},
		{events.TasksPlanned{Run: 1, Group: long}, "group is 70000 bytes"},
		{events.TasksDoomed{Run: 1, Slots: slots(0, math.MaxUint32, 1)}, "slots names slot"},
		{events.TasksDoomed{Run: 1, GraceMillis: 24 * 3600 * 1000}, ""},
		{events.TasksDoomed{Run: 1, GraceMillis: math.MaxInt64}, "grace_ms"},
		{events.TasksDoomed{Run: 1, Reason: long}, "reason is 70000 bytes"},
		{events.KillIssued{Run: 1, Slots: slots(0, math.MaxUint32, 1)}, "slots names slot"},
		{events.KillIssued{Run: 1, GraceMillis: -1}, "grace_ms"},
		{events.JobScaled{Run: 1, Replicas: 100_000}, ""},
		{events.JobScaled{Run: 1, Replicas: 100_001}, "replicas is 100001"},
		{events.JobScaled{Run: 1, Version: math.MaxUint64}, "version"},
		{events.JobStopped{Run: 1, Reason: long}, "reason"},
		{events.JobFailed{Run: 1, Reason: long}, "reason"},
		{events.JobSubmitted{Spec: []byte("{}"), IdempotencyKey: long}, "idempotency_key"},
		{status(func(*events.TaskStatusChanged) {}), ""},
		{status(func(ev *events.TaskStatusChanged) { ev.Message = long[:33_000] }), ""},
		{status(func(ev *events.TaskStatusChanged) { ev.Message = long }), "message"},
		{status(func(ev *events.TaskStatusChanged) { ev.Slot = 8 }), "slot is 8, on the subject of slot 7"},
		{status(func(ev *events.TaskStatusChanged) { ev.Attempt = 0 }), "attempt is 0"},
		{status(func(ev *events.TaskStatusChanged) { ev.ContainerID = long }), "container_id"},
		{status(func(ev *events.TaskStatusChanged) { ev.UUID = []byte(long) }), "uuid"},
		{status(func(ev *events.TaskStatusChanged) { ev.Addresses = make([]string, 10_001) }), "addresses has 10001"},
		{staged(func(*events.TaskStaged) {}), ""},
		{staged(func(ev *events.TaskStaged) { ev.TaskID = "" }), "task_id is missing"},
		{staged(func(ev *events.TaskStaged) { ev.Hostname = long }), "hostname"},
		{staged(func(ev *events.TaskStaged) { ev.Offers = []string{long} }), "offers"},
		{staged(func(ev *events.TaskStaged) { ev.Resources.Mem = -1 }), "resources"},
		{staged(func(ev *events.TaskStaged) { ev.Resources.CPUs = 1e300 }), "resources"},
		{events.TaskAdopted{Run: 1, Slot: 7, Attempt: 1, TaskID: long}, "task_id"},
		{events.TaskWithdrawn{Run: 1, Slot: 7, Attempt: 1, Reason: long}, "reason"},
		{events.LauncherElected{Nonce: long}, "nonce"},
		{events.FrameworkRegistered{}, "framework_id is missing"},
		{events.SubscriptionOpened{FrameworkID: "f"}, "stream_id is missing"},
		{events.SubscriptionOpened{FrameworkID: "f", StreamID: "s", Master: long}, "master"},
		{events.SubscriptionClosed{StreamID: "s", Reason: long}, "reason"},
		{events.VerdictChanged{Summary: long}, "summary"},
		{events.TokenCreated{ID: "t", Owner: "ann", Hash: "00", Roles: []string{"reader"}}, ""},
		{events.TokenCreated{Owner: "ann", Hash: "00"}, "id is missing"},
		{events.TokenCreated{ID: "t", Hash: "00"}, "owner is missing"},
		{events.TokenCreated{ID: "t", Owner: "ann"}, "hash is missing"},
		{events.TokenCreated{ID: "t", Owner: long, Hash: "00"}, "owner is 70000 bytes"},
		{events.TokenCreated{ID: "t", Owner: "ann", Hash: "00", Roles: []string{long}}, "roles is 70000 bytes"},
		{events.TokenRevoked{}, "id is missing"},
		{events.TokenRevoked{ID: "t", Reason: long}, "reason"},
		{events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"*"}}}}, ""},
		{events.RoleSet{}, "name is missing"},
		{events.RoleSet{Name: "shop", Grants: make([]events.Grant, 10_001)}, "grants has 10001"},
		{events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{long}}}}, "grants.rights"},
		{events.RoleSet{Name: "shop", Grants: []events.Grant{{Jobs: []string{long}}}}, "grants.jobs"},
		{events.RoleRemoved{}, "name is missing"},
		{events.GroupBound{}, "group is missing"},
		{events.GroupBound{Group: "shop", Roles: make([]string, 10_001)}, "roles has 10001"},
		{events.PolicySet{Text: "x"}, "hash is missing"},
		{events.PolicySet{Hash: "00", Text: strings.Repeat("x", access.PolicyBytes)}, ""},
		{events.PolicySet{Hash: "00", Text: strings.Repeat("x", access.PolicyBytes+1)}, "text is 262145 bytes, the most is 262144"},
		{events.RequestAnswered{Method: "GET", Job: long}, "job"},
		{events.TokenUsed{}, "id is missing"},
		{events.TokenUsed{ID: "t", Address: long}, "address"},
		{events.AgentsOffered{Agents: []events.AgentOffer{{AgentID: "S1"}}}, ""},
		{events.AgentsOffered{Agents: []events.AgentOffer{{}}}, "agents.agent_id is missing"},
		{events.AgentsOffered{Agents: []events.AgentOffer{{AgentID: "S1", Hostname: long}}}, "agents.hostname"},
		{events.AgentsOffered{Agents: []events.AgentOffer{{AgentID: "S1", Attributes: map[string]string{"rack": long}}}}, "agents.attributes"},
	} {
		subject := ofEachRole(space)[events.RoleOf(c.ev)]
		if events.RoleOf(c.ev) == events.RoleTask {
			subject = space.Task("web", 7)
		}
		r := decoded(t, space, 1, subject, events.Envelope{}, c.ev)
		if (r.Rejection == "") != (c.want == "") || !strings.Contains(r.Rejection, c.want) {
			t.Errorf("%.200v is rejected for %q, want %q", c.ev, r.Rejection, c.want)
		}
		if why := cluster.Misfit(space, subject, c.ev, now); why != r.Rejection {
			t.Errorf("%.200v: asked before it is %q, then %q", c.ev, why, r.Rejection)
		}
	}
}

// TestHeadersAreText: they are shown, by terminals too, and as JSON.
func TestHeadersAreText(t *testing.T) {
	space := events.NewSpace(7)
	for name, env := range map[string]events.Envelope{
		"id": {ID: "\xff"}, "source": {Source: "a\x1b[2J"}, "actor": {Actor: "a\nevent: b"}, "delete": {Actor: "a\x7f"},
	} {
		if r := decoded(t, space, 1, space.Job("web"), env, events.JobStopped{Run: 1}); !strings.Contains(r.Rejection, "headers") {
			t.Errorf("%s: %q", name, r.Rejection)
		}
	}
	r := decoded(t, space, 1, space.Job("web"), events.Envelope{}, events.Unknown{TypeName: "a\xff\nb", Data: []byte("{}")})
	if r.Rejection == "" || r.Event.Type() != "a\uFFFD\uFFFDb" {
		t.Errorf("%q of type %q", r.Rejection, r.Event.Type())
	}
}

// TestBoundsAreThoseOfSpecs, or the fold would reject what the api accepts.
func TestBoundsAreThoseOfSpecs(t *testing.T) {
	space, lim := events.NewSpace(7), job.DefaultLimits()
	if lim.Replicas != ranges.SlotsMax {
		t.Errorf("a job may have %d tasks, an event may name %d", lim.Replicas, ranges.SlotsMax)
	}
	if r := decoded(t, space, 1, space.Job(strings.Repeat("a", lim.IDBytes)), events.Envelope{}, events.JobStopped{Run: 1}); r.Rejection != "" {
		t.Error(r.Rejection)
	}
	ev := events.TasksDoomed{Run: 1, GraceMillis: time.Duration(lim.KillGrace).Milliseconds()}
	if why := cluster.Misfit(space, space.Plan("web"), ev, time.Time{}); why != "" {
		t.Error(why)
	}
	now := time.Unix(1_800_000_000, 0)
	if why := cluster.Misfit(space, space.Plan("web"), events.TasksPlanned{NotBefore: now.Add(time.Duration(lim.Duration))}, now); why != "" {
		t.Error(why)
	}
}

// TestWhatIsHeldIsBounded: well-formed plans make nobody hold tasks without end.
func TestWhatIsHeldIsBounded(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(clustertest.Service("web", 1))
	plan := func(from, to, attempt uint32) cluster.Change {
		return l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(from, to, attempt)})
	}
	for n := range uint32(4) {
		if c := plan(0, 99_999, n+1); c.Judgement != cluster.Counted || len(c.Tasks) != 100_000 {
			t.Fatalf("attempt %d: %s, %d tasks", n+1, c.Judgement, len(c.Tasks))
		}
	}
	if c := plan(0, 0, 5); c.Judgement != cluster.Rejected || c.Rejection.Reason != "makes it 400001 tasks that are held of the job, the most is 400000" {
		t.Errorf("one more: %+v", c)
	}
	for slot := range uint32(100) {
		for n := range uint32(4) {
			l.Withdraw(j.Slots[slot].Find(j.Run, n+1))
		}
	}
	for n := range uint32(100) { // 300 have gone: of ended attempts the newest is held.
		plan(200_000, 200_000, n+1)
	}
	if n := len(j.Slots[200_000].Tasks); n != cluster.AttemptsHeld || !j.Slots[200_000].Full() {
		t.Errorf("a slot holds %d attempts", n)
	}
	l.Elect()
	adopted := events.TaskAdopted{Run: j.Run, Slot: 200_000, Attempt: 1000, TaskID: "t", State: "TASK_RUNNING"}
	if c := l.Task("web", 200_000, adopted); c.Judgement != cluster.Rejected {
		t.Errorf("adopted beside them: %s", c.Judgement)
	}
}

// TestScaledBeyond: the other groups count too, so only the state can tell.
func TestScaledBeyond(t *testing.T) {
	l := clustertest.New()
	spec := clustertest.Service("web", 60_000)
	spec.Tasks = append(spec.Tasks, job.Group{Name: "more", Replicas: 1})
	j := l.Submit(spec)
	scaled := events.JobScaled{Run: j.Run, Version: 2, Group: "more", Replicas: 40_001}
	if c := l.Job("web", scaled); c.Judgement != cluster.Rejected || c.Rejection.Reason != "makes it 100001 tasks in the job, the most is 100000" {
		t.Errorf("%+v", c)
	}
	if j.Version != 1 || j.Group("more").Replicas != 1 || j.LastJob != 2 {
		t.Errorf("%+v", j)
	}
	scaled.Replicas--
	if c := l.Job("web", scaled); c.Judgement != cluster.Counted || j.Version != 2 {
		t.Errorf("%+v", c)
	}
}

// TestVersionsGoOn: one that is not newer would make what runs newer than what is
// wanted, and one that is far off leave no room for those to come.
func TestVersionsGoOn(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	scaled := func(version uint64) cluster.Change {
		return l.Job("web", events.JobScaled{Run: j.Run, Version: version, Group: "web", Replicas: 2})
	}
	if c := scaled(3); c.Judgement != cluster.Counted || j.Version != 3 {
		t.Fatalf("%+v", c)
	}
	for _, version := range []uint64{0, 2, 3, 3 + 1<<20 + 1, cluster.VersionMax} {
		if c := scaled(version); c.Judgement != cluster.Rejected || !strings.HasPrefix(c.Rejection.Reason, "version is ") || j.Version != 3 {
			t.Errorf("version %d: %+v", version, c)
		}
	}
	if c := scaled(3 + 1<<20); c.Judgement != cluster.Counted {
		t.Errorf("%+v", c)
	}
}

// TestNoTaskKeepsAJobFromBeingScaled, be its version as high as one may be.
func TestNoTaskKeepsAJobFromBeingScaled(t *testing.T) {
	for _, version := range []uint64{2, 1 << 20, 1<<20 + 1, cluster.VersionMax} {
		l := clustertest.New()
		l.Elect()
		j := l.Submit(clustertest.Service("web", 1))
		c := l.Task("web", 7, events.TaskAdopted{Run: j.Run, Version: version, Slot: 7, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
		if c.Judgement != cluster.Counted {
			t.Fatalf("%+v", c)
		}
		if c := l.Job("web", events.JobScaled{Run: j.Run, Version: j.NewestVersion() + 1, Group: "web", Replicas: 2}); c.Judgement != cluster.Counted {
			t.Errorf("a task of version %d: %+v", version, c)
		}
	}
}

// TestAPlanOfARunToCome: its tasks would be ahead of all submissions for ever.
func TestAPlanOfARunToCome(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(clustertest.Service("web", 1))
	plan := func(run uint64) cluster.Change {
		return l.Plan("web", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	}
	for _, run := range []uint64{l.State.Sequence + 1, math.MaxUint64} {
		if c := plan(run); c.Judgement != cluster.Rejected || len(j.Slots) != 0 {
			t.Errorf("run %d: %+v", run, c)
		}
	}
	if c := plan(j.Run); c.Judgement != cluster.Counted {
		t.Errorf("%+v", c)
	}
}

// TestDepth: what is nested deeper than a body may be is rejected, whatever its type;
// brackets in texts, and side by side, count for nothing.
func TestDepth(t *testing.T) {
	space, flat := events.NewSpace(7), strings.Repeat("[],", 200)
	nest := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	for body, want := range map[string]string{
		`{"run":1,"x":` + nest(cluster.DepthMax-1) + `}`:                       "",
		`{"run":1,"x":` + nest(cluster.DepthMax) + `}`:                         "nested more than 100 deep",
		`{"run":1,"x":[` + flat + `0]}`:                                        "",
		`{"run":1,"x":"` + strings.Repeat(`[{\"`, 200) + `"}`:                  "",
		`{"run":1,"x\\":` + nest(cluster.DepthMax) + `}`:                       "nested more than 100 deep",
		`{"run":1,"x":"` + nest(200) + `","y":` + nest(cluster.DepthMax) + `}`: "nested more than 100 deep",
	} {
		for _, kind := range []string{events.JobStopped{}.Type(), "taurus.job.applauded.v1"} {
			r, err := cluster.Decode(space, 1, time.Time{}, events.Message{Subject: space.Job("web"), Data: []byte(body), Header: map[string]string{
				events.HeaderID: "id", events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: kind,
			}})
			if err != nil || (r.Rejection == "") != (want == "") || !strings.Contains(r.Rejection, want) {
				t.Errorf("%.60s of %s is rejected for %q, want %q (%v)", body, kind, r.Rejection, want, err)
			}
		}
	}
}

// TestTheIDOfADroppedTask may be another's by then, who keeps it.
func TestTheIDOfADroppedTask(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	adopt := func(slot, attempt uint32) {
		l.Task("web", slot, events.TaskAdopted{Run: j.Run, Version: 1, Slot: slot, Attempt: attempt, TaskID: "t", State: "TASK_RUNNING"})
	}
	adopt(0, 1)
	l.Report(j.Slots[0].Newest(), "TASK_FINISHED", "u")
	adopt(1, 1)
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2)}) // Drops the first.
	if len(j.Slots[0].Tasks) != 1 || l.State.TaskByID("t") != j.Slots[1].Newest() {
		t.Errorf("%d tasks; the id is of %+v", len(j.Slots[0].Tasks), l.State.TaskByID("t"))
	}
}

// TestThereIsOneShard: who is elected in another leads nobody.
func TestThereIsOneShard(t *testing.T) {
	space := events.NewSpace(7)
	r := decoded(t, space, 1, space.Launcher(1), events.Envelope{}, events.LauncherElected{Nonce: "n"})
	s := cluster.New()
	if c, err := s.Apply(r); err != nil || c.Judgement != cluster.Rejected || s.Launcher != (cluster.Launcher{}) {
		t.Errorf("%+v (%v): %+v", c, err, s.Launcher)
	}
}

// TestATaskOfARunToCome that is over when the run begins is none of its tasks.
func TestATaskOfARunToCome(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	l.Submit(clustertest.Service("web", 1))
	run := l.State.Sequence + 3
	c := l.Task("web", 0, events.TaskAdopted{Run: run, Version: 1, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	l.Report(c.Tasks[0], "TASK_FAILED", "u")
	j := l.Submit(clustertest.Service("web", 1))
	if j.Run != run || len(j.Slots[0].Tasks) != 0 || l.State.TaskByID("t") != nil {
		t.Errorf("run %d, want %d, with %+v", j.Run, run, j.Slots[0].Tasks)
	}
}
