package core

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// world is a master under test with a clock of its own.
type world struct {
	t   *testing.T
	m   *Master
	now time.Time
	// sent are the events by stream, told the messages by session.
	sent   map[string][]*scheduler.Event
	closed map[string]bool
	told   map[string][]link.ToAgent
	hungUp map[string]bool
	saves  int
}

func newWorld(t *testing.T, registry Registry) *world {
	t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world{
		t: t, now: start, sent: map[string][]*scheduler.Event{}, closed: map[string]bool{},
		told: map[string][]link.ToAgent{}, hungUp: map[string]bool{},
	}
	w.m = New(Config{
		Info: mesos.MasterInfo{ID: "m"}, AllocationInterval: time.Second, PingTimeout: 15 * time.Second, MaxPingTimeouts: 5,
		ReregisterTimeout: 10 * time.Minute, Rand: rand.New(rand.NewPCG(1, 2)),
	}, registry, start)
	return w
}

// drain carries the effects out.
func (w *world) drain() {
	w.m.Allocate(w.now)
	for _, e := range w.m.Effects() {
		switch e := e.(type) {
		case Send:
			w.sent[e.Stream] = append(w.sent[e.Stream], e.Event)
		case Close:
			w.closed[e.Stream] = true
		case Tell:
			w.told[e.Session] = append(w.told[e.Session], e.Message)
		case HangUp:
			w.hungUp[e.Session] = true
		case SaveRegistry:
			w.saves++
		case Announce:
		}
	}
}

// pass lets time go by in ticks of a second; agents that are alive answer pings.
func (w *world) pass(d time.Duration, alive ...string) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Second)
		w.m.Advance(w.now)
		w.drain()
		for _, s := range alive {
			w.m.Pong(s)
		}
	}
}

func (w *world) agent(session, id string, port int32, tasks ...link.Task) string {
	w.t.Helper()
	rs, err := resource.Parse("cpus:4;mem:2048;ports:[31000-31009]")
	if err != nil {
		w.t.Fatal(err)
	}
	reg := &link.Register{IP: "10.0.0.1", Tasks: tasks}
	reg.Agent.Value = mesos.AgentInfo{Hostname: "host", Port: &port, Resources: rs}
	if id != "" {
		reg.Agent.Value.ID = &mesos.AgentID{Value: id}
	}
	w.m.Register(w.now, session, "10.0.0.1", reg)
	w.drain()
	for _, m := range w.told[session] {
		if m.Registered != nil {
			return m.Registered.AgentID
		}
	}
	return ""
}

func info(id string, caps ...mesos.FrameworkInfo_Capability_Type) mesos.FrameworkInfo {
	timeout, checkpoint := 60.0, true
	i := mesos.FrameworkInfo{User: "u", Name: "n", FailoverTimeout: &timeout, Checkpoint: &checkpoint}
	if id != "" {
		i.ID = &mesos.FrameworkID{Value: id}
	}
	for _, c := range caps {
		i.Capabilities = append(i.Capabilities, mesos.FrameworkInfo_Capability{Type: c})
	}
	return i
}

const pa = mesos.FrameworkInfo_Capability_PARTITION_AWARE

func (w *world) subscribe(stream string, i mesos.FrameworkInfo, suppressed ...string) string {
	w.m.Subscribe(w.now, stream, &scheduler.Call_Subscribe{FrameworkInfo: &i, SuppressedRoles: suppressed}, "")
	w.drain()
	for _, e := range w.sent[stream] {
		if e.Type == scheduler.Event_SUBSCRIBED {
			return e.Subscribed.FrameworkID.Value
		}
	}
	return ""
}

func (w *world) as(id, stream string) Subscriber {
	w.t.Helper()
	s, refusal := w.m.Authorise(id, &stream, "")
	if refusal != nil {
		w.t.Fatalf("%s is refused: %s", id, refusal.Text)
	}
	return s
}

// take returns the offers of a stream that came since the last take.
func (w *world) take(stream string) []mesos.Offer {
	var out []mesos.Offer
	var rest []*scheduler.Event
	for _, e := range w.sent[stream] {
		if e.Type == scheduler.Event_OFFERS {
			out = append(out, e.Offers.Offers...)
			continue
		}
		rest = append(rest, e)
	}
	w.sent[stream] = rest
	return out
}

func (w *world) updates(stream string) []mesos.TaskStatus {
	var out []mesos.TaskStatus
	var rest []*scheduler.Event
	for _, e := range w.sent[stream] {
		if e.Type == scheduler.Event_UPDATE {
			out = append(out, e.Update.Status)
			continue
		}
		rest = append(rest, e)
	}
	w.sent[stream] = rest
	return out
}

func (w *world) count(stream string, t scheduler.Event_Type) int {
	n := 0
	for _, e := range w.sent[stream] {
		if e.Type == t {
			n++
		}
	}
	return n
}

func taskOf(id, agentID string, cpus float64) mesos.TaskInfo {
	value := "true"
	return mesos.TaskInfo{
		Name: id, TaskID: mesos.TaskID{Value: id}, AgentID: mesos.AgentID{Value: agentID}, Command: &mesos.CommandInfo{Value: &value},
		Resources: []mesos.Resource{
			{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: cpus}},
			{Name: "mem", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 32}},
		},
	}
}

func (w *world) launch(s Subscriber, refuse float64, offers []mesos.Offer, tasks ...mesos.TaskInfo) {
	call := &scheduler.Call_Accept{Filters: &mesos.Filters{RefuseSeconds: &refuse}}
	for _, o := range offers {
		call.OfferIDs = append(call.OfferIDs, o.ID)
	}
	call.Operations = []mesos.Offer_Operation{{Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: tasks}}}
	w.m.Accept(w.now, s, call)
	w.drain()
}

func (w *world) report(session, fid, tid, agentID string, state mesos.TaskState, uuid byte) []byte {
	u := make([]byte, 16)
	u[0] = uuid
	msg := &link.Update{FrameworkID: fid, Latest: state}
	msg.Status.Value = mesos.TaskStatus{
		TaskID: mesos.TaskID{Value: tid}, State: state.Enum(), UUID: u, AgentID: &mesos.AgentID{Value: agentID}, Source: mesos.SOURCE_EXECUTOR.Enum(),
	}
	w.m.Updated(session, msg)
	w.drain()
	return u
}

func (w *world) reconcile(s Subscriber, tid string, agentID *string) {
	t := scheduler.Call_Reconcile_Task{TaskID: mesos.TaskID{Value: tid}}
	if agentID != nil {
		t.AgentID = &mesos.AgentID{Value: *agentID}
	}
	w.m.Reconcile(w.now, s, &scheduler.Call_Reconcile{Tasks: []scheduler.Call_Reconcile_Task{t}})
	w.drain()
}

// The table of 5.1, for frameworks that know partitions and those that do not.
func TestReconciliationTable(t *testing.T) {
	for _, aware := range []bool{true, false} {
		var caps []mesos.FrameworkInfo_Capability_Type
		if aware {
			caps = append(caps, pa)
		}
		w := newWorld(t, Registry{})
		live := w.agent("s0", "", 5051)
		away := w.agent("s1", "", 5052)
		gone := w.agent("s2", "", 5053)
		fid := w.subscribe("f", info("", caps...))
		s := w.as(fid, "f")
		for _, o := range w.take("f") {
			if o.AgentID.Value == live {
				w.launch(s, 0, []mesos.Offer{o}, taskOf("t", live, 1))
			}
		}
		w.pass(100*time.Second, "s0", "s2") // s1 misses its pings
		w.m.MarkGone(w.now, gone)
		w.drain()
		w.updates("f")
		for _, c := range []struct {
			task    string
			agent   *string
			state   mesos.TaskState
			message string
		}{
			{"t", &live, mesos.TASK_STAGING, "Latest task state"},
			{"t", nil, mesos.TASK_STAGING, "Latest task state"},
			{"t", new("elsewhere"), mesos.TASK_STAGING, "Latest task state"},
			{"x", &live, mesos.TASK_GONE, "Task is unknown to the agent"},
			{"x", &away, mesos.TASK_UNREACHABLE, "Task is unreachable"},
			{"x", &gone, mesos.TASK_GONE_BY_OPERATOR, "Task is gone"},
			{"x", new("never"), mesos.TASK_UNKNOWN, "Task is unknown"},
			{"x", nil, mesos.TASK_UNKNOWN, "Task is unknown"},
		} {
			w.reconcile(s, c.task, c.agent)
			got := w.updates("f")
			want := c.state
			if !aware && c.task == "x" {
				want = mesos.TASK_LOST
			}
			if len(got) != 1 || got[0].GetState() != want || got[0].GetMessage() != "Reconciliation: "+c.message ||
				got[0].GetReason() != mesos.REASON_RECONCILIATION || got[0].UUID != nil {
				t.Errorf("aware %v, %s with agent %v: %+v, want %s %q", aware, c.task, c.agent, got, want, c.message)
			}
			if len(got) == 1 && (got[0].UnreachableTime != nil) != (c.state == mesos.TASK_UNREACHABLE) {
				t.Errorf("unreachable_time of %s: %v", c.state, got[0].UnreachableTime)
			}
		}
	}
}

// 5.1: while an agent of an earlier master is not back, questions that it could
// answer are not answered.
func TestReconciliationWaitsForRecoveredAgents(t *testing.T) {
	w := newWorld(t, Registry{Admitted: map[string]Admitted{"old": {}}})
	s := w.as(w.subscribe("f", info("", pa)), "f")
	w.reconcile(s, "t", new("old"))
	w.reconcile(s, "t", nil)
	if got := w.updates("f"); len(got) != 0 {
		t.Fatalf("answered %+v", got)
	}
	w.reconcile(s, "t", new("never"))
	if got := w.updates("f"); len(got) != 1 || got[0].GetState() != mesos.TASK_UNKNOWN {
		t.Fatalf("an agent that never was: %+v", got)
	}
	w.agent("s", "old", 5051)
	w.reconcile(s, "t", nil)
	if got := w.updates("f"); len(got) != 1 {
		t.Fatalf("not answered with all agents back: %+v", got)
	}
	// 5.2: an agent that stays away becomes unreachable: a FAILURE, no updates.
	w = newWorld(t, Registry{Admitted: map[string]Admitted{"old": {}}})
	s = w.as(w.subscribe("f", info("", pa)), "f")
	w.pass(10*time.Minute + time.Second)
	w.reconcile(s, "t", new("old"))
	if got := w.updates("f"); len(got) != 1 || got[0].GetState() != mesos.TASK_UNREACHABLE || w.count("f", scheduler.Event_FAILURE) != 1 {
		t.Fatalf("after the reregistration timeout: %+v", got)
	}
}

// 2.3: how long a refusal lasts.
func TestFilters(t *testing.T) {
	for _, c := range []struct {
		name    string
		filters *mesos.Filters
		from    int // seconds until offered again
		to      int
	}{
		{"none given", nil, 5, 6},
		{"zero", &mesos.Filters{RefuseSeconds: new(0.0)}, 1, 1},
		{"less than an interval", &mesos.Filters{RefuseSeconds: new(0.1)}, 1, 2},
		{"ten", &mesos.Filters{RefuseSeconds: new(10.0)}, 10, 11},
		{"negative", &mesos.Filters{RefuseSeconds: new(-1.0)}, 5, 6},
	} {
		w := newWorld(t, Registry{})
		w.agent("s", "", 5051)
		s := w.as(w.subscribe("f", info("")), "f")
		o := w.take("f")
		w.m.Decline(w.now, s, &scheduler.Call_Decline{OfferIDs: []mesos.OfferID{o[0].ID}, Filters: c.filters})
		w.drain()
		n := 0
		for n < 20 && len(w.take("f")) == 0 {
			w.pass(time.Second, "s")
			n++
		}
		if n < c.from || n > c.to {
			t.Errorf("%s: offered again after %d s, want %d to %d", c.name, n, c.from, c.to)
		}
	}
}

// 2.3: a filter holds back only what was refused or less; REVIVE drops it.
func TestFilterIsPassedByMoreAndByRevive(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	s := w.as(fid, "f")
	w.launch(s, 3600, w.take("f"), taskOf("t", aid, 1)) // the leftovers are refused
	w.pass(5*time.Second, "s")
	if o := w.take("f"); len(o) != 0 {
		t.Fatalf("offered what was refused: %+v", o)
	}
	w.report("s", fid, "t", aid, mesos.TASK_FINISHED, 1)
	w.pass(time.Second, "s")
	o := w.take("f")
	if len(o) != 1 || resource.New(o[0].Resources).Scalar("cpus") != 4000 {
		t.Fatalf("more than was refused is not offered: %+v", o)
	}
	w.m.Decline(w.now, s, &scheduler.Call_Decline{OfferIDs: []mesos.OfferID{o[0].ID}, Filters: &mesos.Filters{RefuseSeconds: new(3600.0)}})
	w.m.Revive(s, []string{"foreign"})
	w.drain()
	if o := w.take("f"); len(o) != 0 {
		t.Fatal("REVIVE of a role that is not the framework's had an effect")
	}
	w.m.Revive(s, nil)
	w.drain()
	if o := w.take("f"); len(o) != 1 {
		t.Fatal("REVIVE did not bring an offer at once")
	}
}

// 1.5: SUPPRESS leaves offers that are out valid, and stops new ones.
func TestSuppress(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", info("")), "f")
	o := w.take("f")
	w.m.Suppress(s, nil)
	w.launch(s, 0, o, taskOf("t", aid, 1))
	w.pass(5*time.Second, "s")
	if len(w.updates("f")) != 0 || len(w.take("f")) != 0 || w.count("f", scheduler.Event_RESCIND) != 0 {
		t.Fatal("SUPPRESS took an offer back, or did not stop offers")
	}
	if !slices.ContainsFunc(w.told["s"], func(m link.ToAgent) bool { return m.Launch != nil }) {
		t.Fatal("the task was not launched")
	}
}

// 2.4: what makes an ACCEPT invalid, in order.
func TestInvalidOffers(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s0", "", 5051)
	w.agent("s1", "", 5052)
	f := w.as(w.subscribe("f", info("", pa)), "f")
	offers := w.take("f")
	if len(offers) != 2 {
		t.Fatalf("%d offers", len(offers))
	}
	a, b := offers[0], offers[1]
	g := w.as(w.subscribe("g", info("", pa)), "g")
	for _, c := range []struct {
		name   string
		by     Subscriber
		stream string
		offers []mesos.Offer
		want   string
	}{
		{"foreign", g, "g", []mesos.Offer{a}, "Offer " + a.ID.Value + " has invalid framework m-0000 while framework m-0001 is expected"},
		{"taken by the foreign one", f, "f", []mesos.Offer{a}, "Offer " + a.ID.Value + " is no longer valid"},
		{"none", f, "f", nil, "No offers specified"},
		{"twice", f, "f", []mesos.Offer{b, b}, "Duplicate offer " + b.ID.Value + " in offer list"},
		{"taken by twice", f, "f", []mesos.Offer{b}, "Offer " + b.ID.Value + " is no longer valid"},
	} {
		w.launch(c.by, 0, c.offers, taskOf("t", "some", 1))
		got := w.updates(c.stream)
		if len(got) != 1 || got[0].GetMessage() != "Task launched with invalid offers: "+c.want ||
			got[0].GetState() != mesos.TASK_DROPPED || got[0].GetReason() != mesos.REASON_INVALID_OFFERS || got[0].AgentID.Value != "some" {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
	w.take("g")
	w.pass(time.Second, "s0", "s1")
	all := append(w.take("f"), w.take("g")...)
	if len(all) != 2 {
		t.Fatalf("the offers were not released: %+v", all)
	}
}

// 4.1: a task stays until its end was acknowledged, its resources do not.
func TestTaskIsForgottenAfterItsEndIsAcknowledged(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	s := w.as(fid, "f")
	w.launch(s, 0, w.take("f"), taskOf("t", aid, 1), taskOf("t", aid, 1))
	if got := w.updates("f"); len(got) != 1 || got[0].GetMessage() != "Task has duplicate ID: t" {
		t.Fatalf("the second of one id: %+v", got)
	}
	uuid := w.report("s", fid, "t", aid, mesos.TASK_FINISHED, 7)
	w.pass(time.Second, "s")
	if got := w.m.agents[aid].used; !got.Empty() {
		t.Errorf("an ended task still uses %s", got)
	}
	w.reconcile(s, "t", nil)
	w.m.Acknowledge(w.now, s, &scheduler.Call_Acknowledge{AgentID: mesos.AgentID{Value: aid}, TaskID: mesos.TaskID{Value: "t"}, UUID: make([]byte, 16)})
	w.reconcile(s, "t", nil)
	w.m.Acknowledge(w.now, s, &scheduler.Call_Acknowledge{AgentID: mesos.AgentID{Value: aid}, TaskID: mesos.TaskID{Value: "t"}, UUID: uuid})
	w.drain()
	w.reconcile(s, "t", &aid)
	var states []mesos.TaskState
	for _, u := range w.updates("f") {
		states = append(states, u.GetState())
	}
	want := []mesos.TaskState{mesos.TASK_FINISHED, mesos.TASK_FINISHED, mesos.TASK_FINISHED, mesos.TASK_GONE}
	if !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
}

// 5.3: pings that go unanswered, and the way back.
func TestUnreachableAgentReturns(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	s := w.as(fid, "f")
	w.launch(s, 0, w.take("f"), taskOf("t", aid, 1))
	w.report("s", fid, "t", aid, mesos.TASK_RUNNING, 1)
	w.updates("f")
	w.pass(75 * time.Second)
	if len(w.updates("f")) != 0 {
		t.Fatal("unreachable before 75 s")
	}
	w.pass(15 * time.Second)
	got := w.updates("f")
	if len(got) != 1 || got[0].GetState() != mesos.TASK_UNREACHABLE || got[0].GetMessage() != "health check timed out" ||
		got[0].GetReason() != mesos.REASON_AGENT_REMOVED || got[0].UnreachableTime == nil || w.count("f", scheduler.Event_FAILURE) != 1 || !w.hungUp["s"] {
		t.Fatalf("after the timeouts: %+v", got)
	}
	running := link.Task{FrameworkID: fid, State: mesos.TASK_RUNNING}
	running.Info.Value = taskOf("t", aid, 1)
	w.agent("s'", aid, 5051, running)
	got = w.updates("f")
	if len(got) != 1 || got[0].GetState() != mesos.TASK_RUNNING || got[0].GetReason() != mesos.REASON_AGENT_REREGISTERED ||
		got[0].GetMessage() != "Unreachable agent re-reregistered" {
		t.Fatalf("at the return: %+v", got)
	}
	if w.m.agents[aid].used.Scalar("cpus") != 1000 {
		t.Error("the task that came back uses nothing")
	}
}

// 5.3: a broken link costs tasks only where nothing is checkpointed.
func TestBrokenLink(t *testing.T) {
	for _, checkpoint := range []bool{true, false} {
		w := newWorld(t, Registry{})
		aid := w.agent("s", "", 5051)
		i := info("", pa)
		i.Checkpoint = &checkpoint
		fid := w.subscribe("f", i)
		w.launch(w.as(fid, "f"), 0, w.take("f"), taskOf("t", aid, 1))
		w.pass(time.Second, "s")
		w.m.LinkBroken(w.now, "s")
		w.drain()
		got := w.updates("f")
		if w.count("f", scheduler.Event_RESCIND) != 1 {
			t.Error("the offer was not rescinded")
		}
		if checkpoint && len(got) != 0 {
			t.Errorf("checkpoint: %+v", got)
		}
		if !checkpoint && (len(got) != 1 || got[0].GetState() != mesos.TASK_LOST || got[0].GetMessage() != "Agent host disconnected") {
			t.Errorf("no checkpoint: %+v", got)
		}
	}
}

// 1.4: the failover timeout, and the end of a framework.
func TestFailoverTimeout(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	w.launch(w.as(fid, "f"), 0, w.take("f"), taskOf("t", aid, 1))
	w.m.Disconnected(w.now, "f")
	w.drain()
	if _, refusal := w.m.Authorise(fid, new("f"), ""); refusal == nil || refusal.Status != 403 {
		t.Errorf("a call while away: %+v", refusal)
	}
	w.pass(59*time.Second, "s")
	if got := w.subscribe("f2", info(fid, pa)); got != fid {
		t.Fatalf("the return within the timeout: %q", got)
	}
	w.m.Disconnected(w.now, "f2")
	w.pass(61*time.Second, "s")
	if !slices.ContainsFunc(w.told["s"], func(m link.ToAgent) bool { return m.ShutdownFramework != nil }) {
		t.Error("the agent was not told")
	}
	w.subscribe("f3", info(fid, pa))
	if e := w.sent["f3"]; len(e) != 1 || e[0].GetError().GetMessage() != "Framework has been removed" || !w.closed["f3"] {
		t.Errorf("a burned id: %+v", e)
	}
}

// 2.1: two frameworks that take nothing share the agents.
func TestAgentsAreSharedFairly(t *testing.T) {
	w := newWorld(t, Registry{})
	w.subscribe("f", info(""))
	w.subscribe("g", info(""))
	for i := range int32(10) {
		w.agent(string(rune('a'+i)), "", 5051+i)
	}
	f, g := len(w.take("f")), len(w.take("g"))
	if f != 5 || g != 5 {
		t.Errorf("%d and %d agents", f, g)
	}
}

// 1.7: the formats of resources in offers.
func TestOfferFormats(t *testing.T) {
	role := "r"
	for _, c := range []struct {
		name       string
		caps       []mesos.FrameworkInfo_Capability_Type
		allocation bool
		role       *string
	}{
		{"plain", nil, false, new("*")},
		{"multi role", []mesos.FrameworkInfo_Capability_Type{mesos.FrameworkInfo_Capability_MULTI_ROLE}, true, new("*")},
		{"refined", []mesos.FrameworkInfo_Capability_Type{mesos.FrameworkInfo_Capability_MULTI_ROLE, mesos.FrameworkInfo_Capability_RESERVATION_REFINEMENT}, true, nil},
	} {
		w := newWorld(t, Registry{})
		w.agent("s", "", 5051)
		i := info("", c.caps...)
		if c.allocation {
			i.Roles = []string{role}
		}
		w.subscribe("f", i)
		o := w.take("f")
		if len(o) != 1 {
			t.Fatalf("%s: %d offers", c.name, len(o))
		}
		if got := o[0].GetAllocationInfo().GetRole(); (got == role) != c.allocation {
			t.Errorf("%s: allocation_info %q", c.name, got)
		}
		for _, r := range o[0].Resources {
			if (r.AllocationInfo != nil) != c.allocation || (r.Role == nil) != (c.role == nil) || (r.Role != nil && *r.Role != *c.role) {
				t.Errorf("%s: resource %+v", c.name, r)
			}
		}
	}
}
