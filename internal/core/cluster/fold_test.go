package cluster_test

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// nonsense draws records of every type in any order, on subjects that fit them
// and on others, of few jobs, runs, slots and epochs, so that they meet.
func nonsense() *rapid.Generator[[]cluster.Record] {
	return rapid.Custom(func(t *rapid.T) []cluster.Record {
		n := rapid.IntRange(1, 60).Draw(t, "records")
		records := make([]cluster.Record, n)
		seq, at := uint64(0), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range records {
			seq++
			at = at.Add(time.Duration(rapid.IntRange(-1, 90).Draw(t, "seconds")) * time.Second)
			subject := subjects().Draw(t, "subject")
			records[i] = cluster.Record{
				Sequence: seq, Time: at, Subject: subject, Event: anyEvent(t, subject),
				Envelope: events.Envelope{
					ID: "e", Epoch: rapid.SampledFrom([]uint64{0, 1, 2, 3, 5}).Draw(t, "epoch"), Counter: rapid.Uint64Range(0, 4).Draw(t, "counter"),
				},
			}
		}
		return records
	})
}

func jobs() *rapid.Generator[string] { return rapid.SampledFrom([]string{"a", "b/c"}) }

func subjects() *rapid.Generator[events.Subject] {
	return rapid.Custom(func(t *rapid.T) events.Subject {
		s := events.Subject{Role: rapid.SampledFrom([]events.Role{
			events.RoleJob, events.RolePlan, events.RolePlan, events.RoleTask, events.RoleTask, events.RoleTask, events.RoleTask,
			events.RoleKill, events.RoleLauncher, events.RoleWhy, events.RoleOffers, events.RoleSeal, events.RoleLog, events.RoleAgents,
			events.RoleAccess, events.RoleAudit, "nobody",
		}).Draw(t, "role")}
		s.Job, s.Slot = jobs().Draw(t, "job"), rapid.Uint32Range(0, 2).Draw(t, "slot")
		return s
	})
}

func anyEvent(t *rapid.T, subject events.Subject) events.Event {
	run, attempt := rapid.Uint64Range(0, 6).Draw(t, "run"), rapid.Uint32Range(0, 2).Draw(t, "attempt")
	slot, from := rapid.Uint32Range(0, 2).Draw(t, "slot"), rapid.Uint32Range(0, 3).Draw(t, "from")
	group := rapid.SampledFrom([]string{"web", "", "none"}).Draw(t, "group")
	state := rapid.SampledFrom([]string{
		"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR",
		"TASK_LOST", "TASK_GONE", "TASK_UNKNOWN", "TASK_UNREACHABLE", "TASK_FROZEN", "",
	}).Draw(t, "state")
	ranges := []events.SlotRange{{From: from, To: rapid.Uint32Range(0, 3).Draw(t, "to"), Attempt: attempt}}
	due := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 40).Draw(t, "minute"), 0, 0, time.UTC)
	specs := []string{
		`{"id":"a","kind":"periodic","schedule":{"cron":["* * * * *"],"keep_runs":2},"tasks":[{"name":"web","replicas":2,"container":{"image":"x"}}]}`,
		`{"id":"a","kind":"batch","dispatch":{"keep_runs":1},"tasks":[{"name":"web","replicas":2,"container":{"image":"x"}}]}`,
		`{"id":"a","tasks":[{"name":"web","replicas":2,"container":{"image":"x"}}]}`, `{}`, `[`, ``,
		`{"id":"a","after":["b/c"],"labels":{},"tasks":[{"name":"web","replicas":2,"ports":[],"container":{"image":"x"}}]}`,
	}
	id := clustertest.TaskID(subject.Job, run, subject.Slot, attempt)
	all := []events.Event{
		events.JobSubmitted{Spec: []byte(rapid.SampledFrom(specs).Draw(t, "spec"))},
		events.JobScaled{Run: run, Version: 2, Group: group, Replicas: 3},
		events.JobStopped{Run: run},
		events.KillRequested{Run: run, Group: group, Slots: ranges},
		events.KillRequested{Run: run, IdempotencyKey: group},
		events.KillRequested{Run: run, Group: group, Slots: ranges, Version: 2, Replicas: from, IdempotencyKey: group},
		events.JobRestarted{Run: run, Version: 1, IdempotencyKey: group},
		events.JobDeleted{Run: run},
		events.ScheduleSteered{Run: run, Action: rapid.SampledFrom([]string{events.SchedulePause, events.ScheduleResume, ""}).Draw(t, "action")},
		events.RunRequested{Run: run, Version: 1, Number: uint64(from)},
		events.RunDue{Run: run, Version: 1, At: due, Outcome: rapid.SampledFrom([]string{events.RunStarted, events.RunMissed, ""}).Draw(t, "outcome"), Replaces: from > 1},
		events.TasksPlanned{Run: run, Version: 1, Group: group, Slots: ranges},
		events.TasksPlanned{Run: run, Version: 1, Group: group, Slots: ranges},
		events.TasksDoomed{Run: run, Slots: ranges, Reason: "r", GraceMillis: -1},
		events.JobCompleted{Run: run},
		events.JobFailed{Run: run},
		events.TaskStaged{Run: run, Group: group, Slot: slot, Attempt: attempt, TaskID: id},
		events.TaskStaged{Run: run, Group: group, Slot: slot, Attempt: attempt, TaskID: id},
		events.TaskWithdrawn{Run: run, Slot: slot, Attempt: attempt},
		events.LogSealed{Through: run, Hash: "h"},
		events.LossAccepted{From: run, To: uint64(from), Reason: "r"},
		events.LogCreated{ID: group},
		events.AgentDrained{AgentID: group, Hostname: state, Reason: "r"},
		events.AgentRestored{AgentID: group, Hostname: state},
		events.TokenCreated{ID: group, Owner: state, Hash: "00", Roles: []string{"reader"}, Expires: due},
		events.TokenRevoked{ID: group},
		events.RoleSet{Name: group, Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{state}}}},
		events.RoleRemoved{Name: group},
		events.GroupBound{Group: group, Roles: []string{state}},
		events.GroupBound{Group: group},
		events.PolicySet{Hash: state},
		events.TasksListed{Loss: run},
		events.AgentUnavailable{AgentID: group, From: time.Unix(int64(from), 0).UTC()},
		events.TaskAdopted{Run: run, Group: group, Slot: slot, Attempt: attempt, TaskID: id, State: state},
		events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, TaskID: id, State: state, UUID: []byte(group)},
		events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, TaskID: id, State: state},
		events.TaskStatusChanged{Run: run, Slot: slot, Attempt: attempt, TaskID: id, State: state, UUID: []byte("u")},
		events.KillIssued{Run: run, Slots: ranges},
		events.LauncherElected{Nonce: group},
		events.FrameworkRegistered{FrameworkID: "F"},
		events.SubscriptionOpened{StreamID: group},
		events.SubscriptionClosed{StreamID: group},
		events.VerdictChanged{Run: run},
		events.AgentsOffered{Sequence: run},
		events.Unknown{TypeName: "x"},
		nil,
	}
	return rapid.SampledFrom(all).Draw(t, "event")
}

func apply(t *rapid.T, s *cluster.State, r cluster.Record) cluster.Change {
	c, err := s.Apply(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAnyLogFolds: no log makes the fold panic or fail, and after every record
// what must always hold does.
func TestAnyLogFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := cluster.New()
		for _, r := range nonsense().Draw(t, "log") {
			before := copies(s)
			c := apply(t, s, r)
			for _, j := range s.Jobs {
				for n, slot := range j.Slots {
					checkSlot(t, n, slot)
				}
			}
			checkIndex(t, s)
			checkMoves(t, before, copies(s), r, c)
		}
	})
}

// copies are all tasks by value.
func copies(s *cluster.State) map[cluster.Key]cluster.Task {
	all := map[cluster.Key]cluster.Task{}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				all[t.Key()] = *t
			}
		}
	}
	return all
}

// checkSlot: attempts are in order, each once, and only the newest may be over.
func checkSlot(t *rapid.T, n uint32, slot *cluster.Slot) {
	if slot.Number != n {
		t.Fatalf("slot %d calls itself %d", n, slot.Number)
	}
	sorted := slices.IsSortedFunc(slot.Tasks, func(a, b *cluster.Task) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Attempt, b.Attempt), -1)
	})
	for i, task := range slot.Tasks {
		if !task.Live() && i != len(slot.Tasks)-1 {
			t.Fatalf("%v is over and not the newest", task.Key())
		}
		if task.Unreachable && !task.Live() || task.Unreachable && task.UnreachableSince.IsZero() {
			t.Fatalf("%v is unreachable, %s, since %s", task.Key(), task.State, task.UnreachableSince)
		}
		if task.Slot != n {
			t.Fatalf("%v is in slot %d", task.Key(), n)
		}
		for _, other := range slot.Tasks[:i] {
			if other.Key() == task.Key() {
				t.Fatalf("%v is there twice", task.Key())
			}
		}
	}
	if !sorted && len(slot.Tasks) > 1 {
		t.Fatalf("slot %d is out of order", n)
	}
}

// checkIndex: the index holds just the tasks with an id that the slots hold.
func checkIndex(t *rapid.T, s *cluster.State) {
	held := map[*cluster.Task]bool{}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, task := range slot.Tasks {
				held[task] = true
				if task.ID != "" && s.TaskByID(task.ID) != task {
					t.Fatalf("%v is not found by its id %s", task.Key(), task.ID)
				}
			}
		}
	}
	for id, task := range s.Index() {
		if !held[task] || task.ID != id {
			t.Fatalf("the index holds %s, which no slot does", id)
		}
	}
}

// checkMoves: what did not count changed no task, and an end gives way only to
// an adoption or to the agent's own word.
func checkMoves(t *rapid.T, before, after map[cluster.Key]cluster.Task, r cluster.Record, c cluster.Change) {
	for k, was := range before {
		is, there := after[k]
		if !there {
			continue
		}
		if c.Judgement == cluster.Repeated || c.Judgement == cluster.StaleEpoch || c.Judgement == cluster.Unmatched || c.Judgement == cluster.Skipped {
			if !reflect.DeepEqual(was, is) {
				t.Fatalf("%s, but %v changed", c.Judgement, k)
			}
		}
		if was.State == is.State || was.Live() && is.State > was.State {
			continue
		}
		status, fact := r.Event.(events.TaskStatusChanged)
		_, adoption := r.Event.(events.TaskAdopted)
		adopted := adoption && !was.Live()
		blamed := fact && len(status.UUID) > 0 && was.State.Presumed() && !is.State.Presumed()
		if !adopted && !blamed {
			t.Fatalf("%v went from %s to %s by %T", k, was.State, is.State, r.Event)
		}
	}
}

// TestFoldIsDeterministic: two folds of a log are equal, whether all at once or
// with pauses in which it is looked at.
func TestFoldIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := nonsense().Draw(t, "log")
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		whole, parts, prefix := cluster.New(), cluster.New(), cluster.New()
		for _, r := range log {
			apply(t, whole, r)
		}
		for _, r := range log[:cut] {
			apply(t, parts, r)
			apply(t, prefix, r)
		}
		if !reflect.DeepEqual(parts, prefix) {
			t.Fatal("two folds of a prefix differ")
		}
		for _, j := range parts.Jobs {
			_, _, _ = j.Over(), j.Live(), j.Group("web")
			for _, slot := range j.Slots {
				_, _ = slot.Newest(), slot.Find(1, 1)
			}
		}
		for _, r := range log[cut:] {
			apply(t, parts, r)
		}
		if !reflect.DeepEqual(whole, parts) {
			t.Fatal("fold(prefix) then the rest is not fold(all)")
		}
	})
}

func TestOutOfOrderIsRefused(t *testing.T) {
	s := cluster.New()
	r := cluster.Record{Sequence: 5, Subject: events.Subject{Role: events.RoleJob, Job: "a"}, Event: events.JobStopped{}}
	if _, err := s.Apply(r); err != nil {
		t.Fatal(err)
	}
	for _, sequence := range []uint64{0, 4, 5, 7, 1 << 40} {
		r.Sequence = sequence
		if _, err := s.Apply(r); !errors.Is(err, cluster.ErrOutOfOrder) || s.Sequence != 5 {
			t.Errorf("sequence %d after 5: %v, now at %d", sequence, err, s.Sequence)
		}
	}
	r.Sequence = 6
	if _, err := s.Apply(r); err != nil || s.Sequence != 6 {
		t.Errorf("sequence 6 after 5: %v, now at %d", err, s.Sequence)
	}
	r.Sequence = 0
	if _, err := cluster.New().Apply(r); !errors.Is(err, cluster.ErrOutOfOrder) {
		t.Errorf("sequence 0: %v", err)
	}
}

// TestUnknownTypesAreSkipped on every subject, and counted.
func TestUnknownTypesAreSkipped(t *testing.T) {
	l, task := in(t, "RUNNING")
	before := *task
	for i, role := range []events.Role{events.RoleAudit, events.RoleJob, events.RolePlan, events.RoleKill, events.RoleTask, events.RoleLauncher, events.RoleWhy, events.RoleOffers, events.RoleAgents, events.RoleAccess, events.RoleSeal, events.RoleLog} {
		c := l.Append(events.Subject{Role: role, Job: "web"}, events.Envelope{Epoch: l.State.Launcher.Epoch}, events.Unknown{TypeName: "x"})
		if c.Judgement != cluster.Skipped || l.State.Skipped != uint64(i+1) {
			t.Errorf("%s: %s, %d skipped", role, c.Judgement, l.State.Skipped)
		}
	}
	j := l.State.Jobs["web"]
	if !reflect.DeepEqual(before, *task) || describe(j) != "running" {
		t.Error("what is not known changed the state")
	}
	if n := l.State.Sequence; j.LastJob != n-10 || j.LastPlan != n-9 || j.LastKill != n-8 || j.Slots[0].Last != n-7 || l.State.Launcher.Last != n-6 ||
		l.State.Agents.Last != n-3 || l.State.Access.Last != n-2 || l.State.Seal.Last != n-1 || l.State.LastLog != n {
		t.Error("the expectations must follow what is not known, too")
	}
}

// TestDecode: what no program writes is rejected, what must not be skipped is an error
// that says where it stands.
func TestDecode(t *testing.T) {
	space := events.NewSpace(64)
	good, err := events.Encode("taurus.ev.44.job.a", events.Envelope{ID: "i", Source: "taurus/api/x"}, events.JobStopped{Run: 4})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(9, 0)
	r, err := cluster.Decode(space, 7, now, good)
	want := cluster.Record{
		Sequence: 7, Time: now, Subject: events.Subject{Role: events.RoleJob, Job: "a"}, Event: events.JobStopped{Run: 4},
		Envelope: r.Envelope, Message: good, Sum: events.Sum(good),
	}
	if err != nil || !reflect.DeepEqual(r, want) || r.Envelope.ID != "i" {
		t.Errorf("%+v (%v)", r, err)
	}
	with := func(change func(*events.Message)) events.Message {
		m := events.Message{Subject: good.Subject, Data: good.Data, Header: map[string]string{}}
		maps.Copy(m.Header, good.Header)
		delete(m.Header, events.HeaderSum)
		change(&m)
		return m
	}
	for _, c := range []struct {
		m    events.Message
		want error
	}{
		{with(func(m *events.Message) { m.Subject = "orders.new" }), events.ErrSubject},
		{with(func(m *events.Message) { m.Subject = "taurus.ev.1.job.a" }), events.ErrPartition},
		{with(func(m *events.Message) { delete(m.Header, events.HeaderID) }), events.ErrEnvelope},
		{with(func(m *events.Message) { m.Data = []byte("{") }), events.ErrBody},
		{with(func(m *events.Message) {
			m.Header[events.HeaderSum] = good.Header[events.HeaderSum]
			m.Data = []byte("{}")
		}), events.ErrSum},
		// Nor is this a newer program's: those write sums.
		{with(func(m *events.Message) { m.Header[events.HeaderType] = "taurus.job.stopped.v2" }), events.ErrUnknownMajor},
		{with(func(m *events.Message) { // Flipped bits, not a newer program's.
			m.Header[events.HeaderSum] = good.Header[events.HeaderSum]
			m.Header[events.HeaderType] = "taurus.job.stopped.v2"
		}), events.ErrSum},
	} {
		r, err := cluster.Decode(space, 7, now, c.m)
		if err != nil || !strings.Contains(r.Rejection, c.want.Error()) {
			t.Errorf("rejected for %q (%v), want %v", r.Rejection, err, c.want)
		}
		if u, unknown := r.Event.(events.Unknown); !unknown || u.TypeName != c.m.Header[events.HeaderType] {
			t.Errorf("a rejected record says %+v", r.Event)
		}
	}
	newer, err := events.Encode(good.Subject, r.Envelope, events.Unknown{TypeName: "taurus.job.stopped.v2"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cluster.Decode(space, 7, now, newer)
	if !errors.Is(err, events.ErrUnknownMajor) {
		t.Fatalf("%v, want %v", err, events.ErrUnknownMajor)
	}
	for _, part := range []string{"sequence 7", "taurus.ev.44.job.a", "taurus.job.stopped.v2", "upgrade this service", "taurus/api/x"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not tell of %q", err, part)
		}
	}
}
