package sim_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestAnyRecords: whatever is in the log, valid, forged, mutated or noise, the
// machines of all roles fold it, none stops or panics, none appends what would be
// rejected, all come to one state, and it is no larger than the bounds say.
func TestAnyRecords(t *testing.T) { rapid.Check(t, anyRecords) }

// FuzzAnyRecords is the same, by coverage.
func FuzzAnyRecords(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyRecords)) }

func anyRecords(t *rapid.T) {
	h := newHouse()
	caughtUp := rapid.IntRange(0, 40).Draw(t, "caught up after")
	for n := range rapid.IntRange(1, 60).Draw(t, "records") {
		if n == caughtUp {
			h.tell(t, machine.CaughtUp{})
		}
		h.write(t, message(t, h))
		h.now = h.now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
		if n >= caughtUp && rapid.Bool().Draw(t, "tick") {
			h.tick(t)
		}
	}
	h.compare(t)
}

// house is a log, and every role's machine on a fold of its own.
type house struct {
	now      time.Time
	space    events.Space
	messages []events.Message
	times    []time.Time
	last     map[string]uint64
	folds    []*folding
	model    *projection.Model
}

// folding is a machine on its fold.
type folding struct {
	name   string
	source string
	state  *cluster.State
	machine.Machine
}

func newHouse() *house {
	h := &house{
		now: time.Unix(1_800_000_000, 0), space: events.NewSpace(3), last: map[string]uint64{}, model: projection.NewModel(),
	}
	add := func(name string, build func(*cluster.State) (machine.Machine, string)) {
		state := cluster.New()
		m, source := build(state)
		h.folds = append(h.folds, &folding{name: name, source: source, state: state, Machine: m})
	}
	add("planner", func(s *cluster.State) (machine.Machine, string) {
		m := planning.New(h.space, "one", s)
		return m, m.Source()
	})
	add("reaper", func(s *cluster.State) (machine.Machine, string) {
		m := reaping.New(h.space, "one", s)
		return m, m.Source()
	})
	add("launcher", func(s *cluster.State) (machine.Machine, string) {
		const source = "taurus/launcher/one"
		return launching.New(launching.Config{Config: leading.Config{
			Space: h.space, Instance: "one", Source: source, Nonce: "mine", LeaseTTL: time.Second,
		}}, s), source
	})
	add("api", func(s *cluster.State) (machine.Machine, string) {
		const source = "taurus/api/one"
		return commanding.New(commanding.Config{Space: h.space, Instance: "one", Source: source, Nonce: "n"}, s), source
	})
	return h
}

// write appends a message and has everybody fold it, unless it is of another major
// version, which nobody can.
func (h *house) write(t *rapid.T, m events.Message) {
	sequence := uint64(len(h.messages)) + 1
	if _, err := cluster.Decode(h.space, sequence, h.now, m); err != nil {
		if !errors.Is(err, events.ErrUnknownMajor) {
			t.Fatalf("%+v stops a fold: %v", m, err)
		}
		return
	}
	h.messages, h.times = append(h.messages, m), append(h.times, h.now)
	h.last[m.Subject] = sequence
	for _, f := range h.folds {
		r := h.decoded(sequence)
		change, err := f.state.Apply(r)
		if err != nil {
			t.Fatalf("%s does not fold %+v: %v", f.name, m, err)
		}
		if len(change.Tasks) > ranges.SlotsMax {
			t.Fatalf("%s touches %d tasks", f.name, len(change.Tasks))
		}
		if change.Judgement == cluster.Rejected && r.Rejection == "" {
			r.Reject(change.Rejection.Reason)
		}
		h.carry(t, f, f.Step(h.moment(), machine.Folded{Record: &r, Change: change, Own: r.Envelope.Source == f.source}))
	}
	if _, err := h.model.Apply(h.decoded(sequence)); err != nil {
		t.Fatal(err)
	}
}

func (h *house) decoded(sequence uint64) cluster.Record {
	r, err := cluster.Decode(h.space, sequence, h.times[sequence-1], h.messages[sequence-1])
	if err != nil {
		panic(err) // It was decoded before.
	}
	return r
}

func (h *house) moment() machine.Moment { return machine.Moment{Now: h.now, Log: h.now} }

func (h *house) tell(t *rapid.T, in machine.Input) {
	for _, f := range h.folds {
		h.carry(t, f, f.Step(h.moment(), in))
	}
}

func (h *house) tick(t *rapid.T) {
	h.tell(t, machine.Tick{})
	if rapid.IntRange(0, 4).Draw(t, "command") == 0 {
		ask := commanding.Asked{Ticket: uint64(1000 + len(h.messages)), Job: "a", Command: submission.Stop{}}
		if rapid.Bool().Draw(t, "scales") {
			ask.Command = submission.Scale{Group: "web", Replicas: rapid.Uint32Range(0, 5).Draw(t, "to"), Limits: job.DefaultLimits()}
		}
		h.carry(t, h.folds[3], h.folds[3].Step(h.moment(), ask))
	}
}

// carry answers what a machine asks for, in ways that may be.
func (h *house) carry(t *rapid.T, f *folding, effects []machine.Effect) {
	var answers []machine.Input
	var stored [][]events.Message
	for _, e := range effects {
		switch e := e.(type) {
		case machine.Append:
			in, messages := h.append(t, f, e)
			answers, stored = append(answers, in), append(stored, messages)
		case leading.Lease:
			answers = append(answers, leading.Leased{})
		case leading.Subscribe:
			answers = append(answers, leading.Subscribed{Session: e.Session, FrameworkID: "f", StreamID: "s", Master: "http://m"})
		case reaping.Kill:
			answers = append(answers, reaping.Killed{Ticket: e.Ticket})
		case launching.Reconcile:
			answers = append(answers, launching.Called{Ticket: e.Ticket})
		case launching.Decline:
			answers = append(answers, launching.Called{Ticket: e.Ticket})
		case commanding.AskUsage:
			answers = append(answers, commanding.Usage{Ticket: e.Ticket})
		default:
		}
	}
	for _, messages := range stored {
		for _, m := range messages {
			h.write(t, m)
		}
	}
	for _, in := range answers {
		h.carry(t, f, f.Step(h.moment(), in))
	}
}

// append stores what a machine decided, if it holds and the log is there.
func (h *house) append(t *rapid.T, f *folding, e machine.Append) (machine.Input, []events.Message) {
	var messages []events.Message
	for _, d := range e.Drafts {
		if why := cluster.Misfit(h.space, d.Subject, d.Event, h.now); why != "" {
			t.Fatalf("%s appends what is rejected: %+v: %s", f.name, d.Event, why)
		}
		m, err := events.Encode(d.Subject, d.Envelope, d.Event)
		if err != nil {
			t.Fatalf("%s appends %+v: %v", f.name, d, err)
		}
		if d.Conditional && h.last[d.Subject] != d.Last {
			return machine.Appended{Ticket: e.Ticket, Outcome: machine.Outcome{Answer: machine.Conflict, Err: errors.New("conflict")}}, nil
		}
		messages = append(messages, m)
	}
	if len(h.messages) > 500 || rapid.IntRange(0, 3).Draw(t, "stored") == 0 {
		return machine.Appended{Ticket: e.Ticket, Outcome: machine.Outcome{Answer: machine.Refused, Err: errors.New("away")}}, nil
	}
	return machine.Appended{Ticket: e.Ticket, Outcome: machine.Outcome{Last: uint64(len(h.messages) + len(messages))}}, messages
}

// compare holds the folds to each other, to one from the start, and to the bounds;
// what users read can be written down.
func (h *house) compare(t *rapid.T) {
	again := cluster.New()
	for n := range h.messages {
		if _, err := again.Apply(h.decoded(uint64(n + 1))); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range h.folds {
		if !reflect.DeepEqual(f.state, again) {
			t.Fatalf("the state of the %s is another", f.name)
		}
	}
	if !reflect.DeepEqual(h.model.State(), again) {
		t.Fatal("the state that users see is another")
	}
	for id, j := range again.Jobs {
		n := 0
		for _, slot := range j.Slots {
			n += len(slot.Tasks)
		}
		if n > cluster.TasksMax {
			t.Fatalf("%d tasks of %s are held", n, id)
		}
		h.read(t, id)
	}
	if len(again.Rejections.Newest) > cluster.RejectionsKept {
		t.Fatal("too many rejections are held")
	}
	h.written(t, h.model.List(projection.Query{}))
	h.written(t, h.model.Cluster(nil))
}

func (h *house) read(t *rapid.T, id string) {
	if v, ok := h.model.Job(id); ok {
		h.written(t, v)
	}
	if v, ok := h.model.Explain(id, nil, projection.Parts{}, h.now); ok {
		h.written(t, v)
	}
	if v, _, ok := h.model.Tasks(id, 0, 100, h.now); ok {
		h.written(t, v)
	}
}

func (h *house) written(t *rapid.T, v any) {
	if _, err := json.Marshal(v); err != nil {
		t.Fatalf("%+v cannot be shown: %v", v, err)
	}
}

// message is any that somebody could publish.
func message(t *rapid.T, h *house) events.Message {
	if rapid.IntRange(0, 9).Draw(t, "noise") == 0 {
		return noise(t, h)
	}
	at := aim(t, h)
	ev := event(t, at)
	subject := subjectOf(t, h, ev, at.Job)
	env := events.Envelope{
		ID:     rapid.SampledFrom([]string{"a", "b", "c\xff", ""}).Draw(t, "id"),
		Source: rapid.SampledFrom([]string{"stranger", "taurus/planner/one", "taurus/launcher/one", "taurus/reaper/one", "taurus/api/one"}).Draw(t, "source"),
		Time:   time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "time"), 0),
		Epoch:  rapid.Uint64Max(uint64(len(h.messages))).Draw(t, "epoch"), Counter: rapid.Uint64Max(4).Draw(t, "counter"),
	}
	if epoch := h.folds[0].state.Launcher.Epoch; rapid.Bool().Draw(t, "of the epoch") {
		env.Epoch = epoch
	}
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		return noise(t, h)
	}
	if rapid.IntRange(0, 4).Draw(t, "mutated") == 0 {
		mutate(t, &m)
	}
	return m
}

// aim is a task that is there, or one that may not be.
func aim(t *rapid.T, h *house) cluster.Key {
	state := h.folds[0].state
	at := cluster.Key{
		Job: rapid.SampledFrom([]string{"a", "a", "a", "b", "x/y"}).Draw(t, "job"),
		Run: odd(t, "run"), Slot: uint32(odd(t, "slot")), Attempt: uint32(odd(t, "attempt")),
	}
	j := state.Jobs[at.Job]
	if j == nil || rapid.IntRange(0, 7).Draw(t, "astray") == 0 {
		return at
	}
	at.Run = j.Run
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		if tasks := j.Slots[n].Tasks; len(tasks) > 0 && rapid.Bool().Draw(t, "this slot") {
			return rapid.SampledFrom(tasks).Draw(t, "task").Key()
		}
	}
	return at
}

// odd is a number that may be out of all bounds.
func odd(t *rapid.T, name string) uint64 {
	return rapid.SampledFrom([]uint64{0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 63, 64, 1 << 20, math.MaxInt32, math.MaxUint32, 1 << 53, math.MaxUint64}).Draw(t, name)
}

// subjectOf is where an event belongs, or where another does.
func subjectOf(t *rapid.T, h *house, ev events.Event, id string) string {
	role := events.RoleOf(ev)
	if role == "" || rapid.IntRange(0, 9).Draw(t, "misplaced") == 0 {
		role = rapid.SampledFrom([]events.Role{
			events.RoleJob, events.RolePlan, events.RoleTask, events.RoleKill, events.RoleLauncher, events.RoleWhy, events.RoleSeal, events.RoleLog,
			events.RoleOffers, events.RoleAgents, events.RoleAccess, events.RoleAudit,
		}).Draw(t, "role")
	}
	slot := uint32(0)
	if v := reflect.ValueOf(ev).FieldByName("Slot"); v.IsValid() {
		slot = uint32(v.Uint())
	}
	return map[events.Role]string{
		events.RoleJob: h.space.Job(id), events.RolePlan: h.space.Plan(id), events.RoleTask: h.space.Task(id, slot),
		events.RoleKill: h.space.Kill(id), events.RoleLauncher: h.space.Launcher(0), events.RoleWhy: h.space.Why(id),
		events.RoleSeal: events.SealSubject, events.RoleLog: events.LogSubject, events.RoleAgents: events.AgentsSubject, events.RoleAccess: events.AccessSubject,
		events.RoleOffers: h.space.Offers(0),
		events.RoleAudit:  events.AuditDone,
	}[role]
}

// event is one of any type, with numbers and words that mean something or do not.
func event(t *rapid.T, at cluster.Key) events.Event {
	number := func(name string) uint32 { return uint32(odd(t, name)) }
	large := func(name string) uint64 { return odd(t, name) }
	run, slot, attempt := at.Run, at.Slot, at.Attempt
	word := func(name string) string {
		return rapid.SampledFrom([]string{"web", "web", "web", "", "mine", "f", "s", "t1", "t2", "TASK_RUNNING", "\x00\xff", "a\nb"}).Draw(t, name)
	}
	state := func() string {
		return rapid.SampledFrom([]string{
			"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_RUNNING", "TASK_KILLING", "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED",
			"TASK_ERROR", "TASK_LOST", "TASK_DROPPED", "TASK_GONE", "TASK_UNKNOWN", "TASK_UNREACHABLE", "TASK_ODD", "",
		}).Draw(t, "state")
	}
	slots := func() []events.SlotRange {
		list := make([]events.SlotRange, rapid.IntRange(0, 3).Draw(t, "ranges"))
		for i := range list {
			list[i] = events.SlotRange{From: slot, To: slot, Attempt: attempt}
			if rapid.Bool().Draw(t, "any") {
				list[i] = events.SlotRange{From: number("from"), To: number("to"), Attempt: number("attempt")}
			}
		}
		return list
	}
	version := large("version")
	when := time.Unix(rapid.SampledFrom([]int64{0, 1_800_000_001, 1_800_000_000 + 60, 1 << 36}).Draw(t, "when"), 0)
	all := []func() events.Event{
		func() events.Event { return events.JobSubmitted{Spec: spec(t), IdempotencyKey: word("key")} },
		func() events.Event { return events.JobSubmitted{Spec: spec(t)} },
		func() events.Event {
			return events.JobScaled{Run: run, Version: version, Group: word("group"), Replicas: number("replicas")}
		},
		func() events.Event { return events.JobStopped{Run: run, Reason: word("reason")} },
		func() events.Event { return events.JobDeleted{Run: run} },
		func() events.Event {
			return events.TasksPlanned{Run: run, Version: version, Group: word("group"), Slots: slots(), NotBefore: when}
		},
		func() events.Event {
			return events.TasksDoomed{Run: run, Slots: slots(), Reason: word("reason"), GraceMillis: int64(large("grace"))}
		},
		func() events.Event { return events.JobCompleted{Run: run} },
		func() events.Event {
			return events.JobFailed{Run: run, Slot: slot, Attempt: attempt}
		},
		func() events.Event {
			return events.TaskStaged{
				Run: run, Version: version, Group: word("group"), Slot: slot, Attempt: attempt, TaskID: word("task"),
				AgentID: word("agent"), Hostname: word("host"), Offers: []string{word("offer")}, Resources: events.Resources{CPUs: 1},
			}
		},
		func() events.Event {
			return events.TaskWithdrawn{Run: run, Slot: slot, Attempt: attempt, Reason: word("reason")}
		},
		func() events.Event {
			return events.TaskAdopted{
				Run: run, Version: version, Group: word("group"), Slot: slot, Attempt: attempt, TaskID: word("task"), State: state(),
			}
		},
		func() events.Event {
			return events.TaskStatusChanged{
				Run: run, Slot: slot, Attempt: attempt, TaskID: word("task"), State: state(), Message: word("message"),
				UUID: []byte(word("uuid")), At: when,
			}
		},
		func() events.Event {
			return events.KillIssued{Run: run, Slots: slots(), GraceMillis: int64(large("grace"))}
		},
		func() events.Event { return events.LauncherElected{Nonce: word("nonce"), Instance: word("instance")} },
		func() events.Event { return events.FrameworkRegistered{FrameworkID: word("framework")} },
		func() events.Event {
			return events.SubscriptionOpened{FrameworkID: word("framework"), StreamID: word("stream"), Master: word("master")}
		},
		func() events.Event {
			return events.SubscriptionClosed{StreamID: word("stream"), Reason: word("reason")}
		},
		func() events.Event {
			return events.AgentDrained{AgentID: word("agent"), Hostname: word("host"), Reason: word("reason"), Deadline: when}
		},
		func() events.Event { return events.AgentRestored{AgentID: word("agent"), Hostname: word("host")} },
		func() events.Event {
			return events.TokenCreated{ID: word("id"), Owner: word("owner"), Hash: word("hash"), Roles: []string{word("role")}, Expires: when}
		},
		func() events.Event { return events.TokenRevoked{ID: word("id"), Reason: word("reason")} },
		func() events.Event {
			return events.RoleSet{Name: word("role"), Grants: []events.Grant{{Rights: []string{word("right")}, Jobs: []string{word("job")}}}}
		},
		func() events.Event { return events.RoleRemoved{Name: word("role")} },
		func() events.Event { return events.GroupBound{Group: word("group"), Roles: []string{word("role")}} },
		func() events.Event { return events.PolicySet{Hash: word("hash"), Text: word("text")} },
		func() events.Event { return events.TasksListed{Loss: run} },
		func() events.Event {
			return events.AgentUnavailable{AgentID: word("agent"), Hostname: word("host"), From: when, Until: when}
		},
		func() events.Event { return events.VerdictChanged{Run: run, Group: word("group")} },
		func() events.Event {
			return events.AgentsOffered{Agents: []events.AgentOffer{{AgentID: word("agent"), Hostname: word("host")}}}
		},
		func() events.Event { return events.LogSealed{Through: large("through"), Hash: word("hash")} },
		func() events.Event { return events.LogCreated{ID: word("log"), Partitions: number("partitions")} },
		func() events.Event {
			return events.LossAccepted{From: large("from"), To: large("to"), Reason: word("reason")}
		},
		func() events.Event { return events.Unknown{TypeName: "taurus.job.applauded.v1", Data: []byte("{}")} },
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "type")]()
}

// spec is one of a job, or none.
func spec(t *rapid.T) []byte {
	if rapid.Bool().Draw(t, "good") {
		data, err := world.Service("a", rapid.Uint32Range(0, 4).Draw(t, "replicas")).JSON()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return []byte(rapid.SampledFrom([]string{
		`{}`, `null`, `[]`, `{"id":7}`, `{"id":"other","tasks":[{"replicas":4294967295}]}`, `{"tasks":[{"name":"web","replicas":2,"container":null}]}`,
		`{"kind":"batch","tasks":[{"name":"web","replicas":1,"restart":{"policy":"odd","backoff":"-1s"}}]}`,
		`{"kind":"odd","tasks":[{"name":"web","replicas":2},{"name":"web","replicas":2}]}`,
		`{"kind":"batch","tasks":[{"name":"web","replicas":2,"kill_grace":"9999999h"}]}`,
	}).Draw(t, "spec"))
}

// mutate changes a message as a bit flip or a stranger would; a stranger may know how
// to sum it.
func mutate(t *rapid.T, m *events.Message) {
	switch rapid.IntRange(0, 5).Draw(t, "mutation") {
	case 0:
		if len(m.Data) > 0 {
			m.Data[rapid.IntRange(0, len(m.Data)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
	case 1:
		m.Data = m.Data[:rapid.IntRange(0, len(m.Data)).Draw(t, "cut")]
	case 2:
		m.Header[events.HeaderType] = rapid.SampledFrom([]string{
			"", "taurus.job.scaled.v1", "taurus.job.scaled.v2", "taurus.task.adopted.v1", "x", "\xff", "taurus.kill.issued.v1",
		}).Draw(t, "type header")
	case 3:
		delete(m.Header, rapid.SampledFrom([]string{events.HeaderID, events.HeaderTime, events.HeaderType, events.HeaderEpoch}).Draw(t, "missing"))
	case 4:
		m.Header[rapid.SampledFrom([]string{events.HeaderEpoch, events.HeaderTime, events.HeaderCause, events.HeaderActor}).Draw(t, "header")] = rapid.SampledFrom([]string{"", "-1", "18446744073709551615", "0000-01-01T00:00:00Z", "\xff", "a\nb"}).Draw(t, "value")
	case 5:
		m.Subject = rapid.SampledFrom([]string{
			"", "orders.new", "taurus.ev.0.job.a", "taurus.ev.1.job.a", "taurus.ev.2.job.a", "taurus.ev.ctl.launcher.1", "taurus.ev.0.task.a.4294967295",
			"taurus.ev.1.job.=FF", "taurus.why.0.a", events.SealSubject,
		}).Draw(t, "subject")
	}
	if rapid.Bool().Draw(t, "summed anew") {
		delete(m.Header, events.HeaderSum)
	}
}

// noise is no event at all.
func noise(t *rapid.T, h *house) events.Message {
	return events.Message{
		Subject: rapid.SampledFrom([]string{h.space.Job("a"), h.space.Plan("b"), h.space.Task("a", 0), h.space.Launcher(0), "x", ""}).Draw(t, "subject"),
		Data:    rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "data"),
		Header: rapid.SampledFrom([]map[string]string{
			nil,
			{},
			{events.HeaderType: "taurus.job.stopped.v1"},
			{events.HeaderSum: "x"},
			{events.HeaderID: "x", events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: fmt.Sprint("taurus.job.stopped.v", 1)},
		}).Draw(t, "headers"),
	}
}
