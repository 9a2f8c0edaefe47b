package core

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

type framework struct {
	id        string
	info      mesos.FrameworkInfo
	stream    string
	connected bool
	recovered bool // known from an agent only, since a master failover

	registered, reregistered, unregistered time.Time

	heartbeatAt time.Time
	failoverAt  time.Time // when it is removed unless it returns

	suppressed map[string]bool
	filters    map[filterKey][]filter
	usage      map[string]amounts // by role: offered and allocated
	turns      map[string]int     // by role: how many offers were made, ever

	inverseFilters map[string]time.Time // by agent

	counts counts

	tasks       map[string]*task
	unreachable []*task
	completed   []*task
}

func newFramework(id string, info mesos.FrameworkInfo) *framework {
	info.ID = &mesos.FrameworkID{Value: id}
	return &framework{
		id: id, info: info,
		suppressed: map[string]bool{}, filters: map[filterKey][]filter{}, usage: map[string]amounts{}, turns: map[string]int{}, counts: newCounts(), tasks: map[string]*task{},
		inverseFilters: map[string]time.Time{},
	}
}

func (f *framework) has(c mesos.FrameworkInfo_Capability_Type) bool { return validate.Has(&f.info, c) }

func (f *framework) partitionAware() bool {
	return f.has(mesos.FrameworkInfo_Capability_PARTITION_AWARE)
}

func (f *framework) multiRole() bool { return f.has(mesos.FrameworkInfo_Capability_MULTI_ROLE) }

func (f *framework) refined() bool {
	return f.has(mesos.FrameworkInfo_Capability_RESERVATION_REFINEMENT)
}

// either returns the state for frameworks that know partitions, TASK_LOST for
// those that do not.
func (f *framework) either(s mesos.TaskState) mesos.TaskState {
	if f.partitionAware() {
		return s
	}
	return mesos.TASK_LOST
}

func (f *framework) charge(role string, s resource.Set) {
	if f.usage[role] == nil {
		f.usage[role] = amounts{}
	}
	f.usage[role].add(s)
}

func (f *framework) credit(role string, s resource.Set) {
	if u := f.usage[role]; u != nil {
		u.sub(s)
	}
}

// Subscribe is SUBSCRIBE (1.3): the stream is open already, and refusals are
// events on it. principal is the authenticated one, or empty.
func (m *Master) Subscribe(now time.Time, stream string, call *scheduler.Call_Subscribe, principal string) {
	info := *call.FrameworkInfo
	if info.Principal == nil && principal != "" {
		info.Principal = &principal
	}
	id := info.GetID().GetValue()
	f := m.frameworks[id]
	if why := m.refuse(id, f, &info, call.SuppressedRoles); why != "" {
		m.queue(Send{Stream: stream, Event: errorEvent(why)})
		m.queue(Close{Stream: stream})
		return
	}
	switch {
	case id == "":
		m.addFramework(now, info, call.SuppressedRoles, stream)
	case f == nil:
		m.resubscribe(now, m.recovered(now, id, info), info, call.SuppressedRoles, stream)
	default:
		m.resubscribe(now, f, info, call.SuppressedRoles, stream)
	}
}

func (m *Master) refuse(id string, f *framework, info *mesos.FrameworkInfo, suppressed []string) string {
	if why := cmp.Or(validate.Framework(info), m.unwelcome(info)); why != "" {
		return why
	}
	if slices.ContainsFunc(m.completed, func(c *framework) bool { return c.id == id }) {
		return "Framework has been removed"
	}
	if why := validate.Suppressed(info, suppressed); why != "" {
		return why
	}
	if f != nil {
		return validate.Principal(&f.info, info)
	}
	return ""
}

// unwelcome is why the flags of this master forbid a framework (1.3).
func (m *Master) unwelcome(info *mesos.FrameworkInfo) string {
	var foreign []string
	for _, r := range validate.Roles(info) {
		if len(m.cfg.Roles) > 0 && r != "*" && !slices.Contains(m.cfg.Roles, r) {
			foreign = append(foreign, r)
		}
	}
	switch {
	case len(foreign) > 0:
		return "Roles { " + strings.Join(foreign, ", ") + " } are not present in the master's --roles"
	case m.cfg.RejectRoot && info.User == "root":
		return "User 'root' is not allowed to run frameworks without --root_submissions set"
	}
	return ""
}

func (m *Master) addFramework(now time.Time, info mesos.FrameworkInfo, suppressed []string, stream string) {
	f := newFramework(m.newFrameworkID(), info)
	f.registered, f.reregistered = now, now
	m.frameworks[f.id] = f
	f.setSuppressed(suppressed)
	m.connect(now, f, stream)
	m.announceFramework(master.Event_FRAMEWORK_ADDED, f)
	m.allocate = true
}

// resubscribe is a scheduler's return or failover (1.4). Its user and whether it
// checkpoints stay what they were.
func (m *Master) resubscribe(now time.Time, f *framework, info mesos.FrameworkInfo, suppressed []string, stream string) {
	was := f.connected
	if f.connected {
		m.send(f, errorEvent("Framework failed over"))
		m.queue(Close{Stream: f.stream})
	}
	m.dropOffers(f)
	info.User, info.Checkpoint = f.info.User, f.info.Checkpoint
	if f.recovered {
		f.registered = now
	}
	f.reregistered, f.failoverAt, f.recovered = now, time.Time{}, false
	f.describe(info, suppressed)
	m.connect(now, f, stream)
	m.announceFramework(master.Event_FRAMEWORK_UPDATED, f)
	m.allocate = m.allocate || !was
}

// describe takes what a framework says of itself anew. Filters of roles that it
// leaves are dropped, and all of inverse offers (2.3, 1.5).
func (f *framework) describe(info mesos.FrameworkInfo, suppressed []string) {
	f.info = info
	f.setSuppressed(suppressed)
	roles := validate.Roles(&info)
	maps.DeleteFunc(f.filters, func(key filterKey, _ []filter) bool { return !slices.Contains(roles, key.role) })
	clear(f.inverseFilters)
}

// setSuppressed makes roles the suppressed ones; those that leave lose their
// filters.
func (f *framework) setSuppressed(roles []string) {
	next := map[string]bool{}
	for _, r := range roles {
		next[r] = true
	}
	for r := range f.suppressed {
		if !next[r] {
			f.dropFilters(r)
		}
	}
	f.suppressed = next
}

func (m *Master) connect(now time.Time, f *framework, stream string) {
	f.stream, f.connected = stream, true
	f.heartbeatAt = now.Add(HeartbeatInterval)
	f.counts.calls[scheduler.Call_SUBSCRIBE]++
	interval, info := HeartbeatInterval.Seconds(), m.cfg.Info
	m.send(f, &scheduler.Event{Type: scheduler.Event_SUBSCRIBED, Subscribed: &scheduler.Event_Subscribed{
		FrameworkID: &mesos.FrameworkID{Value: f.id}, HeartbeatIntervalSeconds: &interval, MasterInfo: &info,
	}})
	m.send(f, heartbeat())
	m.updateAgents(f)
}

// updateAgents has the agents resend what is unacknowledged (1.4, 4.1).
func (m *Master) updateAgents(f *framework) {
	for _, a := range m.sortedAgents() {
		m.tell(a, link.ToAgent{UpdateFramework: &link.UpdateFramework{Framework: link.FrameworkInfo{Value: f.info}}})
	}
}

// Disconnected says that a stream ended at the scheduler's side or the
// network's.
func (m *Master) Disconnected(now time.Time, stream string) {
	for _, f := range m.frameworks {
		if f.connected && f.stream == stream {
			m.disconnect(now, f)
			return
		}
	}
}

func (m *Master) disconnect(now time.Time, f *framework) {
	f.connected = false
	m.dropOffers(f)
	clear(f.filters)
	clear(f.inverseFilters)
	timeout := time.Duration(f.info.GetFailoverTimeout() * float64(time.Second))
	if timeout <= 0 {
		m.removeFramework(now, f)
		return
	}
	f.failoverAt = now.Add(timeout)
}

// Teardown removes a framework, and reports whether it was known.
func (m *Master) Teardown(now time.Time, id string) bool {
	f := m.frameworks[id]
	if f == nil {
		return false
	}
	m.removeFramework(now, f)
	return true
}

// removeFramework ends a framework for good (1.4): its tasks are killed, its id
// is burned.
func (m *Master) removeFramework(now time.Time, f *framework) {
	m.dropOffers(f)
	for _, a := range m.sortedAgents() {
		m.tell(a, link.ToAgent{ShutdownFramework: &link.ShutdownFramework{FrameworkID: f.id}})
	}
	for _, t := range f.sortedTasks() {
		m.kill(now, t)
		m.forget(f, t)
	}
	for _, t := range f.unreachable {
		m.kill(now, t)
		m.complete(t)
	}
	f.unreachable = nil
	if f.connected {
		m.queue(Close{Stream: f.stream})
	}
	f.connected, f.unregistered = false, now
	delete(m.frameworks, f.id)
	for key := range m.operations {
		if key.framework == f.id {
			delete(m.operations, key)
		}
	}
	m.completed = append(m.completed, f)
	if extra := len(m.completed) - m.limits.CompletedFrameworks; extra > 0 {
		m.completed = slices.Delete(m.completed, 0, extra)
	}
	m.announce(&master.Event{Type: master.Event_FRAMEWORK_REMOVED, FrameworkRemoved: &master.Event_FrameworkRemoved{FrameworkInfo: f.info}})
}

// kill ends a task with its framework. What has ended before stays as it was, and
// operators heard of that.
func (m *Master) kill(now time.Time, t *task) {
	s := t.masterStatus(now, mesos.TASK_KILLED, mesos.REASON_FRAMEWORK_REMOVED, "Framework "+t.framework.id+" removed")
	if terminal(t.state) {
		t.keep(s)
		return
	}
	m.setLatest(t, s, s.GetState())
}

// UpdateFramework is UPDATE_FRAMEWORK (1.5). It returns the text of a 400, or
// nothing.
func (m *Master) UpdateFramework(f Subscriber, call *scheduler.Call_UpdateFramework) string {
	fw := f.framework
	info := call.FrameworkInfo
	if why := cmp.Or(validate.Framework(&info), m.unwelcome(&info)); why != "" {
		return "Supplied FrameworkInfo is not valid: " + why
	}
	if why := validate.FrameworkUpdate(&fw.info, &info); why != "" {
		return "FrameworkInfo update is not valid: " + why
	}
	if why := validate.Suppressed(&info, call.SuppressedRoles); why != "" {
		return "'UpdateFramework' call is not valid: " + why
	}
	changed := !validate.SameFramework(&fw.info, &info)
	fw.describe(info, call.SuppressedRoles)
	roles := validate.Roles(&info)
	left := func(o *offer) bool { return o.framework == fw && !slices.Contains(roles, o.role) }
	for _, o := range m.sortedOffers(left) {
		m.rescind(o)
	}
	if changed {
		m.updateAgents(fw)
		m.announceFramework(master.Event_FRAMEWORK_UPDATED, fw)
	}
	return ""
}

func (m *Master) advanceFrameworks(now time.Time) {
	for _, f := range m.sortedFrameworks() {
		if f.connected && !now.Before(f.heartbeatAt) {
			f.heartbeatAt = f.heartbeatAt.Add(HeartbeatInterval)
			m.send(f, heartbeat())
		}
		if !f.failoverAt.IsZero() && !now.Before(f.failoverAt) {
			m.removeFramework(now, f)
		}
	}
}

func (m *Master) announceFramework(t master.Event_Type, f *framework) {
	if !m.watched {
		return
	}
	e := &master.Event{Type: t}
	shown := m.showFramework(f, false)
	if t == master.Event_FRAMEWORK_ADDED {
		e.FrameworkAdded = &master.Event_FrameworkAdded{Framework: shown}
	} else {
		e.FrameworkUpdated = &master.Event_FrameworkUpdated{Framework: shown}
	}
	m.announce(e)
}
