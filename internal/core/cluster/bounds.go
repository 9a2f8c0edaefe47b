package cluster

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// The bounds of what a record may ask of whoever folds it. Programs of taurus' keep
// to them when they write; a record beyond one was written by somebody else.
const (
	// SlotEnd is above the number of every slot. A job has fewer by far: numbers go
	// up only while tasks on agents that are cut off hold the lower ones.
	SlotEnd = ranges.SlotEnd
	// AttemptMax bounds the attempts of a slot: one a second for 68 years.
	AttemptMax = ranges.AttemptMax
	// VersionMax bounds the versions of a spec. They follow each other, so that none
	// comes there; versionStep is how many may be missing, in a log with a hole.
	VersionMax  = 1 << 53
	versionStep = 1 << 20
	// TasksMax is how many tasks of one job are held, of all runs and attempts: that
	// many more than a job may ask for are left behind where agents are cut off.
	TasksMax = 4 * replicasMax
	// AttemptsHeld is how many tasks of one slot are held before no more come in: they
	// are looked through one by one.
	AttemptsHeld = 64
	// NotBeforeMax is how far ahead a launch may be put off. No back-off is longer
	// than a week (internal/job).
	NotBeforeMax = 30 * 24 * time.Hour

	// nameMax bounds ids and names, in bytes, textMax every other text that is kept,
	// listMax lists.
	nameMax = 1 << 10
	textMax = 64 << 10
	listMax = 10_000
	// rejectionMax bounds the reason of a rejection, in bytes.
	rejectionMax = 400
	// subjectMax bounds the subject of a rejected record as it is kept.
	subjectMax = 400
	// amountMax bounds an amount of a resource.
	amountMax = 1e15
)

// The bounds that are those of specs (internal/job).
const (
	replicasMax = ranges.SlotsMax
	jobIDMax    = 200
	graceMax    = 24 * time.Hour
)

// Misfit returns why an event that is appended now would be rejected, empty if it
// would not. Whoever writes what others told it, labels of tasks say, asks before.
func Misfit(space events.Space, subject string, ev events.Event, now time.Time) string {
	parts, err := space.Parse(subject)
	if why := stray(parts, err); why != "" {
		return why
	}
	return misfit(&Record{Time: now, Event: ev, Subject: parts})
}

// misfit returns why the event of a record breaks a bound, empty if it breaks none.
func misfit(r *Record) string {
	var c checker
	switch ev := r.Event.(type) {
	case events.JobSubmitted:
		c.name("idempotency_key", ev.IdempotencyKey)
	case events.JobScaled:
		c.name("group", ev.Group)
		c.most("version", ev.Version, VersionMax)
		c.most("replicas", uint64(ev.Replicas), replicasMax)
	case events.JobUpdated:
		c.most("version", ev.Version, VersionMax)
		c.name("idempotency_key", ev.IdempotencyKey)
	case events.VersionTagged:
		c.most("version", ev.Version, VersionMax)
		c.name("tag", ev.Tag)
	case events.KillRequested:
		c.name("group", ev.Group)
		c.slots(ev.Slots)
		c.text("reason", ev.Reason)
		c.most("version", ev.Version, VersionMax)
		c.most("replicas", uint64(ev.Replicas), replicasMax)
		c.name("idempotency_key", ev.IdempotencyKey)
	case events.JobRestarted:
		c.most("version", ev.Version, VersionMax)
		c.name("group", ev.Group)
		c.slotsOnly(ev.Slots)
		c.text("reason", ev.Reason)
		c.name("idempotency_key", ev.IdempotencyKey)
	case events.RolloutSteered:
		c.most("version", ev.Version, VersionMax)
		c.name("action", ev.Action)
		c.most("to", ev.To, VersionMax)
		c.text("reason", ev.Reason)
	case events.JobStopped:
		c.text("reason", ev.Reason)
	case events.ScheduleSteered:
		c.name("action", ev.Action)
		c.text("reason", ev.Reason)
	case events.RunRequested:
		c.most("version", ev.Version, VersionMax)
		c.most("number", ev.Number, VersionMax)
		c.texts("parameters", ev.Parameters)
		c.name("idempotency_key", ev.IdempotencyKey)
		c.text("reason", ev.Reason)
	case events.RunDue:
		c.most("version", ev.Version, VersionMax)
		c.name("outcome", ev.Outcome)
		c.text("reason", ev.Reason)
	case events.TasksPlanned:
		c.name("group", ev.Group)
		c.most("version", ev.Version, VersionMax)
		c.slots(ev.Slots)
		c.notBefore(ev.NotBefore, r.Time)
		c.text("reason", ev.Reason)
	case events.TasksDoomed:
		c.slots(ev.Slots)
		c.text("reason", ev.Reason)
		c.grace(ev.GraceMillis)
		c.name("class", ev.Class)
	case events.RolloutEnded:
		c.most("version", ev.Version, VersionMax)
		c.name("outcome", ev.Outcome)
		c.text("reason", ev.Reason)
	case events.RolloutReverted:
		c.most("version", ev.Version, VersionMax)
		c.most("to", ev.To, VersionMax)
		c.text("reason", ev.Reason)
	case events.JobFailed:
		c.text("reason", ev.Reason)
	case events.KillIssued:
		c.slots(ev.Slots)
		c.grace(ev.GraceMillis)
	case events.TaskStaged, events.TaskWithdrawn, events.TaskAdopted, events.TaskStatusChanged:
		c.task(r.Subject.Slot, ev)
	case events.LauncherElected, events.FrameworkRegistered, events.SubscriptionOpened, events.SubscriptionClosed, events.TasksListed, events.AgentUnavailable:
		c.launcher(ev)
	case events.AgentDrained:
		c.place(ev.AgentID, ev.Hostname)
		c.text("reason", ev.Reason)
	case events.AgentRestored:
		c.place(ev.AgentID, ev.Hostname)
		c.text("reason", ev.Reason)
	case events.TokenCreated, events.TokenRevoked, events.RoleSet, events.RoleRemoved, events.GroupBound, events.PolicySet:
		c.access(ev)
	case events.VerdictChanged:
		c.verdict(ev)
	case events.AgentsOffered:
		c.agents(ev.Agents)
	case events.RequestAnswered:
		c.request(ev)
	case events.TokenUsed:
		c.given("id", ev.ID)
		c.name("owner", ev.Owner)
		c.name("address", ev.Address)
	case events.LogSealed:
		c.name("hash", ev.Hash)
	case events.LogCreated:
		c.name("id", ev.ID)
	case events.LossAccepted:
		c.text("reason", ev.Reason)
	case events.JobDeleted, events.JobCompleted, events.JobExpired, events.SequenceSkipped, events.Unknown:
	}
	return c.why
}

// checker holds the first bound that is broken.
type checker struct{ why string }

func (c *checker) fault(format string, args ...any) {
	if c.why == "" {
		c.why = fmt.Sprintf(format, args...)
	}
}

func (c *checker) task(slot uint32, ev events.Event) {
	switch ev := ev.(type) {
	case events.TaskStaged:
		c.attempt(slot, ev.Slot, ev.Attempt)
		c.most("version", ev.Version, VersionMax)
		c.given("task_id", ev.TaskID)
		c.name("group", ev.Group)
		c.name("agent_id", ev.AgentID)
		c.name("hostname", ev.Hostname)
		c.text("agent_url", ev.AgentURL)
		c.names("offers", ev.Offers)
		c.length("host_ports", len(ev.HostPorts))
		c.resources(ev.Resources)
		c.length("attributes", len(ev.Attributes))
		c.length("secrets", len(ev.Secrets))
		for _, s := range ev.Secrets {
			c.given("secrets.name", s.Name)
			c.name("secrets.version", s.Version)
		}
	case events.TaskWithdrawn:
		c.attempt(slot, ev.Slot, ev.Attempt)
		c.name("task_id", ev.TaskID)
		c.text("reason", ev.Reason)
	case events.TaskAdopted:
		c.attempt(slot, ev.Slot, ev.Attempt)
		c.most("version", ev.Version, VersionMax)
		c.given("task_id", ev.TaskID)
		c.name("group", ev.Group)
		c.name("agent_id", ev.AgentID)
		c.name("state", ev.State)
		c.index(ev.Index)
	case events.TaskStatusChanged:
		c.attempt(slot, ev.Slot, ev.Attempt)
		c.name("task_id", ev.TaskID)
		c.name("agent_id", ev.AgentID)
		c.name("state", ev.State)
		c.name("reason", ev.Reason)
		c.text("message", ev.Message)
		c.name("source", ev.Source)
		c.names("addresses", ev.Addresses)
		c.name("container_id", ev.ContainerID)
		c.most("the length of uuid", uint64(len(ev.UUID)), nameMax)
	default:
	}
}

func (c *checker) launcher(ev events.Event) {
	switch ev := ev.(type) {
	case events.LauncherElected:
		c.name("nonce", ev.Nonce)
		c.name("instance", ev.Instance)
	case events.FrameworkRegistered:
		c.given("framework_id", ev.FrameworkID)
	case events.SubscriptionOpened:
		c.given("framework_id", ev.FrameworkID)
		c.given("stream_id", ev.StreamID)
		c.text("master", ev.Master)
		c.name("master_id", ev.MasterID)
	case events.SubscriptionClosed:
		c.name("stream_id", ev.StreamID)
		c.text("reason", ev.Reason)
	case events.AgentUnavailable:
		c.given("agent_id", ev.AgentID)
		c.name("hostname", ev.Hostname)
	default:
	}
}

func (c *checker) verdict(ev events.VerdictChanged) {
	c.name("group", ev.Group)
	c.text("summary", ev.Summary)
	c.name("code", ev.Code)
	c.length("reasons", len(ev.Reasons))
	if ev.Nearest != nil {
		c.name("nearest.hostname", ev.Nearest.Hostname)
		c.name("nearest.agent_id", ev.Nearest.AgentID)
		c.length("nearest.lacked", len(ev.Nearest.Lacked))
	}
}

func (c *checker) request(ev events.RequestAnswered) {
	c.name("principal", ev.Principal)
	c.name("by", ev.By)
	c.name("credential", ev.Credential)
	c.name("on_behalf_of", ev.OnBehalfOf)
	c.name("address", ev.Address)
	c.name("method", ev.Method)
	c.name("route", ev.Route)
	c.name("job", ev.Job)
	c.name("right", ev.Right)
	c.name("outcome", ev.Outcome)
	c.text("reason", ev.Reason)
	c.name("request_id", ev.RequestID)
}

func (c *checker) agents(list []events.AgentOffer) {
	c.length("agents", len(list))
	for i := range list {
		a := &list[i]
		c.given("agents.agent_id", a.AgentID)
		c.name("agents.hostname", a.Hostname)
		c.name("agents.role", a.Role)
		c.resources(a.Resources)
		c.length("agents.ports", len(a.Ports))
		c.length("agents.attributes", len(a.Attributes))
		for name, value := range a.Attributes {
			c.name("agents.attributes", name)
			c.name("agents.attributes", value)
		}
	}
}

// place checks which host or agent an event is about.
func (c *checker) place(agentID, hostname string) {
	if agentID == "" {
		c.given("hostname", hostname)
	}
	c.name("agent_id", agentID)
	c.name("hostname", hostname)
}

// attempt checks which task an event on the subject of a slot is about.
func (c *checker) attempt(subject, slot, attempt uint32) {
	if slot != subject {
		c.fault("slot is %d, on the subject of slot %d", slot, subject)
	}
	if attempt == 0 || attempt > AttemptMax {
		c.fault("attempt is %d, it must be from 1 to %d", attempt, AttemptMax)
	}
}

func (c *checker) index(n *uint32) {
	if n != nil && *n >= SlotEnd {
		c.fault("index is %d, the last is %d", *n, SlotEnd-1)
	}
}

// slots checks ranges without listing what they name.
func (c *checker) slots(list []events.SlotRange) {
	if err := ranges.Check(list); err != nil {
		c.fault("%s", err)
	}
}

// slotsOnly checks ranges that name no attempts.
func (c *checker) slotsOnly(list []events.SlotRange) {
	first := make([]events.SlotRange, 0, min(len(list), ranges.Max+1))
	for _, r := range list[:cap(first)] {
		first = append(first, events.SlotRange{From: r.From, To: r.To, Attempt: 1})
	}
	c.slots(first)
}

func (c *checker) given(field, id string) {
	if id == "" {
		c.fault("%s is missing", field)
	}
	c.name(field, id)
}

func (c *checker) name(field, name string) { c.bytes(field, name, nameMax) }
func (c *checker) text(field, text string) { c.bytes(field, text, textMax) }

func (c *checker) bytes(field, text string, most int) {
	if len(text) > most {
		c.fault("%s is %d bytes, the most is %d", field, len(text), most)
	}
}

func (c *checker) names(field string, list []string) {
	c.length(field, len(list))
	for _, name := range list {
		c.name(field, name)
	}
}

func (c *checker) texts(field string, texts map[string]string) {
	c.length(field, len(texts))
	for name, text := range texts {
		c.name(field, name)
		c.text(field, text)
	}
}

func (c *checker) length(field string, n int) {
	if n > listMax {
		c.fault("%s has %d entries, the most is %d", field, n, listMax)
	}
}

func (c *checker) most(field string, n, most uint64) {
	if n > most {
		c.fault("%s is %d, the most is %d", field, n, most)
	}
}

func (c *checker) grace(millis int64) {
	if millis < 0 || millis > graceMax.Milliseconds() {
		c.fault("grace_ms is %d, it must be from 0 to %d", millis, graceMax.Milliseconds())
	}
}

func (c *checker) notBefore(t, now time.Time) {
	if t.After(now.Add(NotBeforeMax)) {
		c.fault("not_before is %s, more than %d days ahead", t.Format(time.RFC3339), int(NotBeforeMax.Hours()/24))
	}
}

func (c *checker) resources(r events.Resources) {
	for _, amount := range []float64{r.CPUs, r.Mem, r.Disk, r.GPUs} {
		if !(amount >= 0 && amount <= amountMax) {
			c.fault("resources has the amount %v", amount)
		}
	}
}
