package cluster

import (
	"cmp"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// State is everything the log says, folded. One goroutine owns it; it is not
// safe for concurrent use.
type State struct {
	// Sequence and Time are those of the last record folded.
	Sequence uint64
	Time     time.Time
	// Jobs are the jobs by id, deleted ones too as long as they are not closed: what is
	// expected of their subjects has to be known should they be submitted again.
	Jobs map[string]*Job
	// Launcher is the launcher of shard 0.
	Launcher Launcher
	// Hearing tells when somebody listened to Mesos.
	Hearing Hearing
	// Skipped counts records of types that this program does not know.
	Skipped uint64
	// Agents is what is planned with agents.
	Agents Agents
	// Access is who may do what.
	Access access.State
	// Rules are what jobs may ask for, as the policy of Access says it; nil before one was
	// set. They are never changed in place.
	Rules *policy.Policy
	// Summed reports whether records have checksums: once one that counts has, none
	// goes without.
	Summed bool
	// LogID says which log it is; empty for one that does not say.
	LogID string
	// LastLog is the last sequence of the subject that the operator writes about the
	// log on.
	LastLog uint64
	// Seal is the newest seal of the log.
	Seal Seal
	// Losses are the ranges that are lost, as accepted by an operator, oldest first.
	Losses []Loss
	// Rejections are the records that no program of taurus' writes.
	Rejections Rejections

	// AutomaticKills are the tasks doomed lately that nobody asked for.
	AutomaticKills KillWindow

	byID map[string]*Task
	// attributes are those noted last with a task of each agent.
	attributes map[string]map[string]string
	// dependants are, by the id of a job, those that start after it.
	dependants map[string]map[string]bool

	// closed is what is kept of deleted jobs that are closed, by id.
	closed map[string]string
	// runs are the jobs of which tasks are packed, by the runs of those.
	runs    map[uint64]string
	closing closing
	// peeked is the job of which packed tasks were asked for last, all of them unpacked.
	peeked *Job
}

// New returns the state before the first event.
func New() *State {
	return &State{Hearing: unheard(), Jobs: map[string]*Job{}, byID: map[string]*Task{}, dependants: map[string]map[string]bool{}}
}

// Launcher is what the log says of the launcher.
type Launcher struct {
	// Last is the last sequence of its subject.
	Last uint64
	// Epoch is the sequence of the newest election; 0 before the first.
	Epoch    uint64
	Nonce    string
	Instance string
	// FrameworkID survives elections; empty until Mesos gave one.
	FrameworkID string
	// Subscription is the newest one opened; its zero value means none ever was.
	Subscription Subscription
	// Listed is the newest accepted loss after which Mesos has listed what it runs, and the
	// log knows all of that; 0 for none.
	Listed uint64
}

// Subscription is a subscription to a Mesos master.
type Subscription struct {
	// Sequence is that of SubscriptionOpened; 0 means none.
	Sequence uint64
	StreamID string
	Master   string
	MasterID string
	Epoch    uint64
	OpenedAt time.Time
	// Closed reports whether the launcher has seen it end.
	Closed      bool
	CloseReason string
}

// Outcome is how a job ended by itself.
type Outcome string

// The outcomes of a job.
const (
	OutcomeNone      Outcome = ""
	OutcomeCompleted Outcome = "completed"
	OutcomeFailed    Outcome = "failed"
)

// Job is one job: its newest run, and the slots of this and earlier runs that
// still matter.
type Job struct {
	ID string
	// Run is the sequence of the newest JobSubmitted; 0 if only Mesos knows the
	// job (its tasks were adopted).
	Run uint64
	// Spec is the wanted one, that of Target, scaling applied and normalised: Resources and Restart
	// of its groups are there and hold their defaults. It is nil if Run is 0, if it
	// could not be read, or after Deleted.
	Spec *job.Spec
	// Version counts the changes of Spec within the run, from 1.
	Version uint64
	// Target is the version that tasks should have, and that Spec is of: the newest, or
	// after a rollback one before it. Stood is the one that was the target when all that
	// was wanted had come up last.
	Target, Stood uint64
	// Versions are those of the run that are kept, in order of their numbers: the newest,
	// those that tasks have, those with a tag, Target and Stood.
	Versions       []*Version
	SubmittedAt    time.Time
	SubmittedBy    string
	IdempotencyKey string
	ChangedAt      time.Time

	Stopped    bool
	StoppedAt  time.Time
	StopReason string
	Deleted    bool

	Outcome       Outcome
	OutcomeAt     time.Time
	OutcomeReason string
	OutcomeExit   *int
	// OutcomeSlot and OutcomeAttempt name the task that failed the job.
	OutcomeSlot, OutcomeAttempt uint32

	// Series is what the log says of the job's runs where nothing of it runs itself;
	// Parent is of a job that is such a run.
	Series *Series
	Parent *Parent

	// LastJob, LastPlan and LastKill are the last sequences of the job's
	// subjects: the expectations of the next decisions.
	LastJob, LastPlan, LastKill uint64

	// Settled is the newest run that users have decided about, by submitting, scaling,
	// stopping or deleting the job: no task of it or of an older run is ahead of the
	// log. 0 if the log holds no decision of theirs.
	Settled uint64

	// Rollout is the newest of the run, PastRollouts those before it, the newest of them
	// in order. The list is never changed in place.
	Rollout      Rollout
	PastRollouts []Rollout

	// Requests are those about tasks that came with an idempotency key, the newest of them
	// in order, of runs before too. The list is never changed in place.
	Requests []Request

	// Slots are by number. A slot stays when its task ended.
	Slots map[uint32]*Slot
	// indexes are those that the slots of a group have in this run, by group.
	indexes map[string]*indexes
	// after are the jobs among whose dependants it is.
	after []string

	// doomed is how many tasks of each slot are doomed and not over, without those slots
	// that have none.
	doomed map[uint32]uint32

	scales []scale // never changed in place
	tasks  int     // in all slots

	// packed are the slots of a job that is closed but for those in Slots, empty of one that
	// is not; see pack. thinned reports whether they were packed before, and are back with no
	// more than that keeps.
	packed  string
	thinned bool
	// queued reports whether it is to be closed when the log's clock has passed a time.
	queued bool
}

// Over reports whether nothing of the job is wanted any more.
func (j *Job) Over() bool {
	return j.Run == 0 || j.Stopped || j.Deleted || j.Outcome != OutcomeNone
}

// Live counts the tasks that may be running or about to, of any run.
func (j *Job) Live() int {
	n := 0
	for _, s := range j.Slots {
		for _, t := range s.Tasks {
			if !t.State.Terminal() {
				n++
			}
		}
	}
	return n
}

// Slot is one place of a job that a task fills, again and again.
type Slot struct {
	Number uint32
	// Last is the last sequence of the slot's subject.
	Last uint64
	// Tasks are the slot's attempts that matter: the newest, and earlier ones that
	// are not over (given up as unreachable, or of an older run). Oldest first.
	Tasks []*Task
	// Tally counts the ends of the slot's tasks in the current run of the job that got
	// what Counted names: what one version did is not held against another.
	restart.Tally
	Counted uint64
	// Served is the version of the last task of this run that was up for as long as a
	// rollout asks for, and is no longer; 0 if there was none.
	Served uint64
	// begun is the newest rollout for which something was done in the slot, cameUp the newest
	// for which a task of it has come up.
	begun, cameUp uint64
	// LastEnd is the last attempt that ended, kept to explain; nil if none did.
	LastEnd *Task
	// seat is that of the group which holds the slot.
	seat seat
	// dismissed are the attempts that a user wanted gone with their slot.
	dismissed dismissal
}

// Occupied reports whether t has to wait since another attempt may be running in the
// slot, or about to; one whose agent is cut off does not count.
func (s *Slot) Occupied(t *Task) bool {
	if t.Beside {
		return false
	}
	for _, other := range s.Tasks {
		if other != t && other.Live() && other.State != Waiting && !other.Unreachable {
			return true
		}
	}
	return false
}

// Full reports whether no more attempts come in before one that is held is over.
func (s *Slot) Full() bool { return len(s.Tasks) >= AttemptsHeld }

// Find returns the attempt of a run, nil if it is not there.
func (s *Slot) Find(run uint64, attempt uint32) *Task {
	for _, t := range s.Tasks {
		if t.Run == run && t.Attempt == attempt {
			return t
		}
	}
	return nil
}

// Doom is the decision that a task should end.
type Doom struct {
	Sequence uint64
	At       time.Time
	Reason   string
	// Class is the reason as a word for programs; empty in old logs.
	Class string
	Grace time.Duration
	// Keep reports whether the slot stays with its group, and its next attempt follows
	// when this one is over. Otherwise the slot is free then.
	Keep bool
}

// Task is one attempt of one slot in one run of a job.
type Task struct {
	Job     string
	Run     uint64
	Version uint64
	Group   string
	Slot    uint32
	Attempt uint32
	// Index numbers the task within its group, from 0. All attempts of a slot have the
	// same as long as the group keeps the slot; a slot that it takes later gets the lowest
	// that is free. It is 0 for tasks of another run than the newest.
	Index uint32
	// Template tells what the task gets: it is the number of the lowest version of the
	// run that is the same to it. It is 0 for a group that no version has, and says
	// nothing of a task of another run.
	Template uint64
	// Stale is the sequence of the event since which it is to be replaced although it gets
	// what it should; 0 if it is not.
	Stale uint64
	// Planned is the sequence of the event that planned it, or brought it in.
	Planned uint64
	// Beside reports whether it was planned to run beside the task in its slot.
	Beside bool
	// ID is the Mesos task id, empty until staged.
	ID string

	State TaskState
	// Unreachable reports whether its agent is cut off; State is what it was before.
	Unreachable      bool
	UnreachableSince time.Time
	// CutOff is since when it was cut off as another was planned in its place, of an
	// original: one that may come back and go on instead. It is zero of all others.
	CutOff time.Time
	// Returned is the sequence since which an original has its slot again; 0 if it never
	// lost it, or never came back.
	Returned uint64
	// Confirmed reports whether Mesos has spoken of the task at all. Until then a
	// KILL, which goes over another connection, could overtake its ACCEPT, be
	// answered "gone", and the task would run for ever (V1 in sim/world/traces_test.go).
	Confirmed bool
	Doom      *Doom
	Adopted   bool

	PlannedAt, NotBefore                    time.Time
	StagedAt, StartedAt, RunningAt, EndedAt time.Time
	// UpSince is since when it is up: it runs, and is healthy if that is checked. It is
	// zero if it is not, or if nobody knows.
	UpSince time.Time
	// StagedEpoch is the epoch of the launcher that staged it.
	StagedEpoch uint64
	// StagedBy is the ce-id of TaskStaged, by which its launcher knows its own.
	StagedBy string

	AgentID, Hostname, AgentURL string
	Offers                      []string
	HostPorts                   []uint32
	Resources                   events.Resources
	Attributes                  map[string]string

	// Status is the newest status that counted.
	Status      Status
	Addresses   []string
	ContainerID string
	// Healthy is what its health check said last, nil if it has said nothing yet, and
	// ChecksFailed how often in a row it has failed.
	Healthy      *bool
	ChecksFailed uint32

	// KillAsked is who wants it killed; nil if nobody does.
	KillAsked *KillAsked

	// KilledAt is when the newest KillIssued was appended, Kills how many were.
	KilledAt   time.Time
	KillIssued string // ce-id of the newest KillIssued
	Kills      uint32
	Sequence   uint64 // of the last record that changed the task

	// epoch and counter are those of the newest launcher event about the task:
	// what a repeat is known by.
	epoch, counter uint64
}

// Status is a status as Mesos reported it.
type Status struct {
	State, Reason, Message, Source string
	UUID                           string // raw bytes; empty if Mesos made it up
	At                             time.Time
	Exit                           *int
}

// Key names a task in maps.
type Key struct {
	Job     string
	Run     uint64
	Slot    uint32
	Attempt uint32
}

// compare orders keys by job, slot, run and attempt.
func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Job, o.Job), cmp.Compare(k.Slot, o.Slot), cmp.Compare(k.Run, o.Run), cmp.Compare(k.Attempt, o.Attempt))
}

// Key is the task's.
func (t *Task) Key() Key {
	return Key{Job: t.Job, Run: t.Run, Slot: t.Slot, Attempt: t.Attempt}
}

// Live reports whether the task may be running or about to.
func (t *Task) Live() bool { return !t.State.Terminal() }
