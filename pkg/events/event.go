package events

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Event is something that happened. The set is closed: a program that meets a
// type it does not know gets Unknown.
//
//sumtype:decl
type Event interface {
	// Type is the CloudEvents type, "taurus.<aggregate>.<what happened>.v<major>".
	Type() string
	event()
}

// Additive keeps members that a newer program added, so that an older one that
// decodes and encodes an event loses nothing of it. Of the parts of an event
// (SlotRange, Resources, NearestMiss) they are skipped.
type Additive struct {
	Rest jsontext.Value `json:",embed"`
}

// SlotRange is a run of slots, both ends included, at one attempt.
type SlotRange struct {
	From    uint32 `json:"from"`
	To      uint32 `json:"to"`
	Attempt uint32 `json:"attempt"`
}

// Resources is what a task uses: cores and MB, with three decimals.
type Resources struct {
	CPUs float64 `json:"cpus"`
	Mem  float64 `json:"mem"`
	Disk float64 `json:"disk,omitzero"`
	GPUs float64 `json:"gpus,omitzero"`
}

// JobSubmitted says that a user submitted a job. Its own sequence is the run, which tells
// the tasks of this submission from those of an earlier one under the same id.
type JobSubmitted struct {
	// Spec is the normalised job spec, as docs/jobs.md describes it.
	Spec jsontext.Value `json:"spec"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// JobScaled says that a user changed how many tasks of a group are wanted.
type JobScaled struct {
	Run      uint64 `json:"run"`
	Version  uint64 `json:"version"` // of the spec, after the change
	Group    string `json:"group"`
	Replicas uint32 `json:"replicas"`
	Additive
}

// JobStopped says that a user wants nothing of the job to run.
type JobStopped struct {
	Run    uint64 `json:"run"`
	Reason string `json:"reason,omitempty"`
	// KeepRuns leaves the runs of a series going on; otherwise they are stopped, too.
	KeepRuns bool `json:"keep_runs,omitzero"`
	Additive
}

// The actions of ScheduleSteered.
const (
	SchedulePause  = "pause"
	ScheduleResume = "resume"
)

// ScheduleSteered says that a user wants the schedule of a periodic job to wait, or to
// go on.
type ScheduleSteered struct {
	Run    uint64 `json:"run"`
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// RunRequested says that a user wants a run of a series now. Whoever folds it makes a
// job of it: <id>@<time of the record>-<number>.
type RunRequested struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the series' spec
	// Number counts the runs that were asked for.
	Number uint64 `json:"number"`
	// Parameters are those of the run, by name.
	Parameters map[string]string `json:"parameters,omitempty"`
	// IdempotencyKey is as that of JobSubmitted.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Reason         string `json:"reason,omitempty"`
	Additive
}

// JobDeleted says that a user wants a job that is over out of the lists. History
// stays.
type JobDeleted struct {
	Run uint64 `json:"run"`
	Additive
}

// JobUpdated says that a user changed what a job runs. Its tasks come to the new
// version step by step, those whose own part of the spec has changed.
type JobUpdated struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the spec, after the change
	// Spec is the whole normalised job spec, as docs/jobs.md describes it.
	Spec jsontext.Value `json:"spec"`
	// RevertOf is the version whose spec this is again, 0 for none.
	RevertOf uint64 `json:"revert_of,omitzero"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// VersionTagged says that a user gave a version of a job a name, or took it away.
type VersionTagged struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"`
	// Tag names one version of the run at most: one that had it has it no more. Empty
	// takes the name of the version away.
	Tag string `json:"tag,omitempty"`
	Additive
}

// KillRequested says that a user wants tasks killed that run now, at once; their slots
// are filled again, unless the group is scaled down by them.
type KillRequested struct {
	Run uint64 `json:"run"`
	// Group is the group whose tasks are meant, empty for those of all.
	Group string `json:"group,omitempty"`
	// Slots are the attempts that are meant, none for all that had a place then.
	Slots  []SlotRange `json:"slots,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// Version is that of the spec after the group was scaled down to Replicas, so that
	// nothing comes into the slots; 0 if it stays as it is.
	Version  uint64 `json:"version,omitzero"`
	Replicas uint32 `json:"replicas,omitzero"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// JobRestarted says that a user wants tasks replaced that were launched before it,
// though nothing of what they run has changed.
type JobRestarted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that the job had; it stays
	// Group is the group whose tasks are meant, empty for those of all.
	Group string `json:"group,omitempty"`
	// Slots are the slots that are meant, none for all; of an attempt it says nothing.
	Slots  []SlotRange `json:"slots,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// IdempotencyKey is the client's, so that a retry is answered as the first try.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Additive
}

// The actions of RolloutSteered.
const (
	RolloutPause    = "pause"
	RolloutResume   = "resume"
	RolloutPromote  = "promote"
	RolloutCancel   = "cancel"
	RolloutRollback = "rollback"
)

// RolloutSteered says that a user wants a rollout to wait, to go on, to go beyond its
// canary, to end where it is, or to go back.
type RolloutSteered struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that is being rolled out
	// Action is pause, resume, promote, cancel or rollback.
	Action string `json:"action"`
	// To is the version to go back to; 0 is the one that stood before.
	To     uint64 `json:"to,omitzero"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// TasksPlanned says that these slots should run, each at the given attempt. One
// event plans many tasks.
type TasksPlanned struct {
	Run     uint64      `json:"run"`
	Version uint64      `json:"version"`
	Group   string      `json:"group"`
	Slots   []SlotRange `json:"slots"`
	// NotBefore is the earliest launch (back-off); the launcher enforces it.
	NotBefore time.Time `json:"not_before,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	// Beside is whether they run beside the task that is in their slot, which ends once
	// they are up. Otherwise they wait for its end.
	Beside bool `json:"beside,omitzero"`
	Additive
}

// TasksDoomed says that these attempts should end.
type TasksDoomed struct {
	Run    uint64      `json:"run"`
	Slots  []SlotRange `json:"slots"`
	Reason string      `json:"reason"`
	// GraceMillis is the time between the gentle and the hard signal.
	GraceMillis int64 `json:"grace_ms,omitzero"`
	// Class is why, as a word for programs: stopped, scaled_down, updated and the like.
	Class string `json:"class,omitempty"`
	// Keep is whether the slots stay with their group: the next attempt follows when
	// this one is over. Otherwise a slot is free then.
	Keep bool `json:"keep,omitzero"`
	// KillBound is how many tasks a minute the planner dooms at most by decisions like
	// this one, of all jobs together; 0 where it bounds none.
	KillBound uint32 `json:"kill_bound,omitzero"`
	Additive
}

// The outcomes of RolloutEnded.
const (
	RolloutSucceeded = "succeeded"
	RolloutFailed    = "failed"
)

// RolloutEnded says that a rollout is over: every task that is wanted has come up with
// the version, or they did not come up in time.
type RolloutEnded struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that was rolled out
	// Began is the sequence of the event that began the rollout.
	Began uint64 `json:"began"`
	// Outcome is succeeded or failed.
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Additive
}

// RolloutReverted says that a rollout has failed and that the job goes back to the
// version that stood before, which begins a rollout of its own.
type RolloutReverted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // that was rolled out
	// Began is the sequence of the event that began the rollout.
	Began  uint64 `json:"began"`
	To     uint64 `json:"to"`
	Reason string `json:"reason"`
	Additive
}

// The outcomes of RunDue.
const (
	// RunStarted: whoever folds it makes a job of it, <id>@<at>.
	RunStarted = "started"
	// RunSkipped: one before it goes on.
	RunSkipped = "skipped"
	// RunMissed: it could not begin in time.
	RunMissed = "missed"
	// RunHeld: the schedule was paused.
	RunHeld = "held"
)

// RunDue says what became of a time of a periodic job's schedule, or of several in a
// row. The time is what a run is known by: of one time only the first counts.
type RunDue struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"` // of the spec that the run has
	// At is the time, the last one of several.
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	// Count is how many times it stands for where they are several, From the first.
	Count uint32    `json:"count,omitzero"`
	From  time.Time `json:"from,omitzero"`
	// Replaces stops the runs that go on; this one begins its tasks when they are over.
	Replaces bool   `json:"replaces,omitzero"`
	Reason   string `json:"reason,omitempty"`
	Additive
}

// JobCompleted says that as many tasks of the job ended well as have to, and none is
// wanted any more.
type JobCompleted struct {
	Run uint64 `json:"run"`
	Additive
}

// JobFailed says that more tasks of the job failed than may, or that it took longer than
// it may.
type JobFailed struct {
	Run uint64 `json:"run"`
	// Slot and Attempt are those of a task that failed for good; Attempt is 0 where none did.
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	Reason  string `json:"reason"`
	// Exit is the exit status of the last attempt, where it had one.
	Exit *int `json:"exit,omitempty"`
	Additive
}

// JobExpired says that a job that is over has been in the lists for as long as it was to
// be, and leaves them. History stays.
type JobExpired struct {
	Run uint64 `json:"run"`
	// KeptMillis is how long it was there after its end, as its spec asks for.
	KeptMillis int64 `json:"kept_ms"`
	Additive
}

// TaskStaged says that the launcher is about to launch a task with these offers.
// It is appended before ACCEPT is sent, and ACCEPT is never sent again for it.
type TaskStaged struct {
	Run      uint64   `json:"run"`
	Version  uint64   `json:"version"`
	Group    string   `json:"group"`
	Slot     uint32   `json:"slot"`
	Attempt  uint32   `json:"attempt"`
	TaskID   string   `json:"task_id"`
	AgentID  string   `json:"agent_id"`
	Hostname string   `json:"hostname"`
	AgentURL string   `json:"agent_url,omitempty"`
	Offers   []string `json:"offers"`
	// HostPorts are the ports taken, in the order of the group's ports.
	HostPorts []uint32  `json:"host_ports,omitempty"`
	Resources Resources `json:"resources"`
	// Attributes are those of the agent, within bounds.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Secrets are the versions of those that the task gets, where they have any, in order of name.
	Secrets []SecretVersion `json:"secrets,omitempty"`
	Additive
}

// SecretVersion is which version of a secret a task gets. Its value is in no event.
type SecretVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// TaskWithdrawn says that the attempt will never run: it was doomed before it was
// launched, or its launch came to nothing and Mesos said so.
type TaskWithdrawn struct {
	Run     uint64 `json:"run"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id,omitempty"`
	Reason  string `json:"reason"`
	Additive
}

// TaskAdopted says that Mesos runs a task of ours that the log did not know as alive.
type TaskAdopted struct {
	Run     uint64 `json:"run"`
	Version uint64 `json:"version"`
	Group   string `json:"group"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id"`
	AgentID string `json:"agent_id"`
	State   string `json:"state"` // Mesos' name, TASK_RUNNING
	// Index is the task's within its group, where its labels tell it.
	Index *uint32 `json:"index,omitempty"`
	Additive
}

// TaskStatusChanged is what Mesos reported of a task. It is a fact: appended
// always, judged by the fold.
type TaskStatusChanged struct {
	Run     uint64 `json:"run"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	TaskID  string `json:"task_id"`
	AgentID string `json:"agent_id,omitempty"`
	State   string `json:"state"` // Mesos' name, TASK_RUNNING
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Source  string `json:"source,omitempty"`
	// UUID is there for statuses of an agent or executor, which are to be acknowledged.
	UUID        []byte   `json:"uuid,omitempty"`
	Healthy     *bool    `json:"healthy,omitempty"`
	Addresses   []string `json:"addresses,omitempty"`
	ContainerID string   `json:"container_id,omitempty"`
	// Exit is the exit status of the task, where it had one.
	Exit *int `json:"exit,omitempty"`
	// At is Mesos' own time of the status.
	At time.Time `json:"at,omitzero"`
	Additive
}

// KillIssued says that the reaper is about to ask Mesos to kill these attempts.
type KillIssued struct {
	Run         uint64      `json:"run"`
	Slots       []SlotRange `json:"slots"`
	GraceMillis int64       `json:"grace_ms,omitzero"`
	Additive
}

// LauncherElected says that a launcher took over its shard. Its own sequence is the
// epoch; launcher events of any other epoch after it do not count.
type LauncherElected struct {
	// Nonce tells apart two candidates that appended at once.
	Nonce    string `json:"nonce"`
	Instance string `json:"instance"`
	Additive
}

// FrameworkRegistered says that Mesos gave the framework its id.
type FrameworkRegistered struct {
	FrameworkID string `json:"framework_id"`
	Additive
}

// SubscriptionOpened says that the launcher holds a subscription. Any process that
// knows the stream id may send calls in its name; the reaper does.
type SubscriptionOpened struct {
	FrameworkID string `json:"framework_id"`
	StreamID    string `json:"stream_id"`
	Master      string `json:"master"` // base URL
	MasterID    string `json:"master_id,omitempty"`
	Additive
}

// SubscriptionClosed says that the subscription ended, and why.
type SubscriptionClosed struct {
	StreamID string `json:"stream_id"`
	Reason   string `json:"reason"`
	Additive
}

// TasksListed says that Mesos has listed all that it runs, after a part of the log was
// lost, and that the log holds by now whatever it did not know of that. It is a fact.
type TasksListed struct {
	Loss  uint64 `json:"loss"`  // the sequence of the LossAccepted
	Tasks uint32 `json:"tasks"` // how many there were
	Additive
}

// AgentUnavailable says what Mesos tells of an agent's maintenance: offers and inverse
// offers carry it. It is a fact; the newest of an agent counts.
type AgentUnavailable struct {
	AgentID  string `json:"agent_id"`
	Hostname string `json:"hostname,omitempty"`
	// From is when it begins; absent, none is planned any more.
	From time.Time `json:"from,omitzero"`
	// Until is when it ends, absent if that is not known.
	Until time.Time `json:"until,omitzero"`
	Additive
}

// AgentDrained says that a user wants the tasks of a host to be elsewhere, and no new
// ones there: of one of its agents if AgentID names it, else of all that have the
// host name.
type AgentDrained struct {
	AgentID  string `json:"agent_id,omitempty"`
	Hostname string `json:"hostname,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Deadline is when tasks end that are there still; absent, they are waited for.
	Deadline time.Time `json:"deadline,omitzero"`
	Additive
}

// AgentRestored says that tasks may run there again. It names what AgentDrained named.
type AgentRestored struct {
	AgentID  string `json:"agent_id,omitempty"`
	Hostname string `json:"hostname,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Additive
}

// TokenCreated says that whoever shows a secret of that hash is its owner, and has
// these roles.
type TokenCreated struct {
	// ID says which token it is; it is a part of the token, and no secret.
	ID    string `json:"id"`
	Owner string `json:"owner"`
	// Hash is SHA-256 of the token's secret, in hexadecimal digits, lower case.
	Hash  string   `json:"hash"`
	Roles []string `json:"roles"`
	// Expires is when it is no good any more; absent for never.
	Expires time.Time `json:"expires,omitzero"`
	Additive
}

// TokenRevoked says that a token is no good any more.
type TokenRevoked struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// Grant gives rights on the jobs that some of its patterns fit.
type Grant struct {
	Rights []string `json:"rights"`
	// Jobs are ids, beginnings of ids with an asterisk, or "*".
	Jobs []string `json:"jobs"`
}

// RoleSet says what a role gives from now on.
type RoleSet struct {
	Name   string  `json:"name"`
	Grants []Grant `json:"grants"`
	Additive
}

// RoleRemoved says that a role gives nothing any more.
type RoleRemoved struct {
	Name string `json:"name"`
	Additive
}

// GroupBound says which roles the members of a group have, who are named by others: an
// issuer of tokens, or a certificate.
type GroupBound struct {
	Group string `json:"group"`
	// Roles are all of them, none if the group has no more.
	Roles []string `json:"roles"`
	Additive
}

// PolicySet says what jobs may ask for from now on.
type PolicySet struct {
	// Hash is SHA-256 of Text, in hexadecimal digits, lower case.
	Hash string `json:"hash"`
	Text string `json:"text"`
	Additive
}

// NearestMiss is the offer that lacked least.
type NearestMiss struct {
	Hostname string `json:"hostname"`
	AgentID  string `json:"agent_id"`
	// Lacked says what was missing, one phrase each: "cpus: 2 wanted, 0.5 free".
	Lacked []string `json:"lacked"`
}

// VerdictChanged is why tasks of a group wait, recorded when it changes. It is in
// the verdict stream, not in the log, and decides nothing.
type VerdictChanged struct {
	Run     uint64 `json:"run"`
	Group   string `json:"group"`
	Waiting uint32 `json:"waiting"`
	// Sequence is the log's when the verdict was found.
	Sequence uint64 `json:"sequence"`
	// Offers is how many offers were looked at.
	Offers uint32 `json:"offers"`
	// Reasons counts the offers refused per reason ("cpus", "constraint hostname unique").
	Reasons map[string]uint32 `json:"reasons,omitempty"`
	// Summary says it in a sentence.
	Summary string       `json:"summary"`
	Nearest *NearestMiss `json:"nearest,omitempty"`
	// Code names in a word what keeps all of them from being looked at: "secret-missing"; absent
	// where it is the offers.
	Code string `json:"code,omitempty"`
	Additive
}

// AgentsOffered says what agents have for us, as their offers told last. It is in the
// verdict stream, not in the log, and decides nothing: foresight goes by it.
type AgentsOffered struct {
	// Sequence is the log's when the offers were looked at.
	Sequence uint64       `json:"sequence"`
	Agents   []AgentOffer `json:"agents"`
	Additive
}

// AgentOffer is one agent. What it has is what it offered, and what tasks of ours had
// there then.
type AgentOffer struct {
	AgentID   string    `json:"agent_id"`
	Hostname  string    `json:"hostname"`
	Role      string    `json:"role,omitempty"`
	Resources Resources `json:"resources"`
	// Ports are those that it has, too.
	Ports      []PortRange       `json:"ports,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// UnavailableFrom is the start of planned maintenance; zero for none.
	UnavailableFrom time.Time `json:"unavailable_from,omitzero"`
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// RequestAnswered says who asked the api for what, and what came of it. It is in the
// audit stream, not in the log, and decides nothing.
type RequestAnswered struct {
	// Principal is who asked, empty if nobody knows; By how that was found out: anonymous,
	// token, certificate or oidc. Credential says which one: the id of a token, or the
	// SHA-256 of a certificate, in hex.
	Principal  string `json:"principal,omitempty"`
	By         string `json:"by,omitempty"`
	Credential string `json:"credential,omitempty"`
	// OnBehalfOf is for whom they said that they ask.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	// Address is where the request came from, without a port.
	Address string `json:"address,omitempty"`
	Method  string `json:"method"`
	// Route is the pattern of the path, as "/v2/jobs/:id"; empty if there is no such route.
	Route string `json:"route,omitempty"`
	// Job is the id of the job that it was about, Right what it needed.
	Job   string `json:"job,omitempty"`
	Right string `json:"right,omitempty"`
	// Outcome is done, refused or failed.
	Outcome string `json:"outcome"`
	Status  uint32 `json:"status"`
	// Reason says why it was not done.
	Reason string `json:"reason,omitempty"`
	// Sequence is the log's that the answer was of.
	Sequence  uint64 `json:"sequence,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// Count is how many requests like this one the record stands for, itself included;
	// it is the last of them. Absent it is one.
	Count uint32 `json:"count,omitempty"`
	// Others reports whether they were about more than one route, or job, so that none is
	// named.
	Others bool `json:"others,omitempty"`
	// Dropped is how many requests before this one were to be recorded by the same api,
	// and are not.
	Dropped uint64 `json:"dropped,omitempty"`
	Additive
}

// TokenUsed says that a token is in use, at most once an hour. It is in the audit stream,
// not in the log, and decides nothing.
type TokenUsed struct {
	ID      string `json:"id"`
	Owner   string `json:"owner,omitempty"`
	Address string `json:"address,omitempty"`
	Additive
}

// LogSealed says what the hash of the log is up to a sequence, so that whoever
// folds the same records can tell that they are the same. Package chain computes it.
type LogSealed struct {
	// Through is the last sequence that the hash is over; it is before the seal's own.
	Through uint64 `json:"through"`
	// Hash is in hexadecimal digits, lower case.
	Hash string `json:"hash"`
	// Records is how many sequences there are from the one that the seal before is
	// through to Through.
	Records uint64 `json:"records"`
	Additive
}

// LossAccepted says that an operator knows the records of a range to be lost and wants
// the log to be folded without them.
type LossAccepted struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"` // included
	Reason string `json:"reason"`
	Additive
}

// LogCreated says which log this is. It is the first record of a log that an operator
// made; one without it is fine.
type LogCreated struct {
	ID         string `json:"id"`
	Partitions uint32 `json:"partitions"`
	Additive
}

// SequenceSkipped stands at a sequence that a record had which is lost, so that no other
// ever gets it: runs, epochs and whoever reads on from a sequence go by them.
type SequenceSkipped struct {
	// To is the last one that is to be skipped.
	To uint64 `json:"to"`
	Additive
}

// Unknown is an event of a type that this program does not know. It is kept and
// skipped.
type Unknown struct {
	TypeName string
	Data     jsontext.Value
}
