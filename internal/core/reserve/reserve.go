package reserve

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// KillsMax is how many announcements of a task's kill there is room for. While the
// log has no room beyond its reserve a task is not killed more often.
const KillsMax = 3

// Control is kept for what is about no job: elections, subscriptions, seals.
const Control = 128 << 10

// Sizes of records in bytes, without the ids of jobs in them. A test measures them.
const (
	sizeStop     = 1900 // the reason that a user gives, up to 1 KiB of it
	sizeEnd      = 1100 // JobCompleted, or JobFailed with a reason of some length
	sizePlan     = 850
	sizeDue      = 900 // RunDue, with a reason of some length
	sizeDoom     = 800
	sizeKill     = 750
	sizeRevoked  = 2100 // the reason that a user gives, and an access subject of its own
	sizeStaged   = 1400
	sizeStatus   = 1400 // with a message of some length
	sizeRange    = 64   // of slots, in what names them by ranges
	idsInARecord = 3    // in the subject, in the id of the event, in that of the task
)

// Statuses that a task may still have, each of which is recorded: STARTING and
// RUNNING, one that it is unreachable and one that it no longer is, KILLING, its end.
const (
	statusesOfStaged   = 6
	statusesOfStarting = 5
	statusesOfRunning  = 4
	statusesOfKilling  = 3
)

// Need is what a state needs in the log, in bytes.
type Need struct {
	// Due is for what is to end already, and for the log's own.
	Due uint64
	// Ends is for the ends of everything else that lives.
	Ends uint64
	// Promises is for tasks that are wanted and not there, from first to last.
	Promises uint64
}

// Of counts what a state needs.
func Of(s *cluster.State) Need {
	n := Need{Due: Control}
	for _, j := range s.Jobs {
		of := OfJob(j)
		n.Due += of.Due
		n.Ends += of.Ends
		n.Promises += of.Promises
	}
	for _, t := range s.Access.Tokens {
		if t.RevokedAt.IsZero() {
			n.Ends += OfRevocation
		}
	}
	return n
}

// OfRevocation is what the end of a token needs: one that was lost must be revoked in a log
// that is full, too.
const OfRevocation = sizeRevoked

// OfJob counts what a job needs.
func OfJob(j *cluster.Job) Need {
	var n Need
	ids := sizeIDs(j.ID)
	wanted := uint64(0)
	if !j.Over() {
		n.Ends += sizeStop + sizeEnd + 2*ids
		if j.Spec != nil && !j.Spec.Series() {
			wanted = replicas(j.Spec)
		}
	}
	done := newDone(j)
	// Each task that a rollout replaces is followed by another, beside it or after it.
	rolls, replaced := !j.Over() && j.Rollout.Unfinished(), uint64(0)
	if j.Rollout.Active() {
		n.Ends += sizeEnd + ids
	}
	for _, slot := range j.Slots {
		if done.has(slot) {
			wanted -= min(wanted, 1)
		}
		old, fresh := uint64(0), uint64(0)
		for _, t := range slot.Tasks {
			switch {
			case !t.Live():
			case t.Doom != nil || j.Over() || t.Run != j.Run:
				n.Due += ofTask(t, ids)
			default:
				n.Ends += ofTask(t, ids)
				if t.Original() {
					break // What is in its place is what is wanted.
				}
				if rolls && j.Outdated(t) {
					old = 1
				} else {
					fresh++
				}
			}
		}
		// One whose successor is beside it has what it is promised.
		wanted -= min(wanted, max(fresh, old))
		replaced += old - min(old, fresh)
	}
	n.Promises += (wanted + replaced) * OfNew(j.ID)
	return n
}

// done tells which slots of a job will not be planned again in its run, so that nothing
// is promised to them: a batch gives back what its tasks did not need as they end.
type done struct {
	job    *cluster.Job
	groups map[string]*job.Restart
}

func newDone(j *cluster.Job) done {
	d := done{job: j}
	if j.Over() || j.Spec == nil {
		return d
	}
	d.groups = make(map[string]*job.Restart, len(j.Spec.Tasks))
	for i := range j.Spec.Tasks {
		d.groups[j.Spec.Tasks[i].Name] = j.Spec.Tasks[i].Restart
	}
	return d
}

func (d done) has(slot *cluster.Slot) bool {
	t := slot.Deciding()
	if t == nil || t.Live() || t.Run != d.job.Run || !t.Judged() || d.job.Outdated(t) {
		return false
	}
	if slices.ContainsFunc(slot.Tasks, (*cluster.Task).Live) {
		return false // It is counted for what lives.
	}
	policy := d.groups[t.Group]
	return policy != nil && slot.Fate(t.End(), policy) != restart.Again
}

// OfNew is what a task of a job needs that is not planned yet.
func OfNew(id string) uint64 {
	ids := sizeIDs(id)
	return sizePlan + ids + ofTask(&cluster.Task{}, ids)
}

// OfSubmission is what a job needs that is not submitted yet, without the record of
// its submission.
func OfSubmission(spec *job.Spec) uint64 {
	if spec.Series() {
		return sizeStop + sizeEnd + 2*sizeIDs(spec.ID)
	}
	return sizeStop + sizeEnd + 2*sizeIDs(spec.ID) + replicas(spec)*OfNew(spec.ID)
}

// OfRun is what comes of a decision about a run of a periodic job.
func OfRun(j *cluster.Job, ev events.RunDue) uint64 {
	if ev.Outcome != events.RunStarted {
		return sizeDue + sizeIDs(j.ID)
	}
	return sizeDue + sizeIDs(j.ID) + ofRunOf(j.Spec, job.RunID(j.ID, ev.At, 0))
}

// OfRequest is what a run needs that a user asks for, without the record that does.
func OfRequest(j *cluster.Job) uint64 {
	const number = 1 << 31
	return ofRunOf(j.Spec, job.RunID(j.ID, j.SubmittedAt, number))
}

func ofRunOf(spec *job.Spec, id string) uint64 {
	if spec == nil {
		return 0
	}
	run := *spec
	run.ID, run.Schedule, run.Dispatch, run.Kind = id, nil, nil, job.KindBatch
	return OfSubmission(&run)
}

// OfPlan is what the tasks of a job need that are being planned.
func OfPlan(id string, slots []events.SlotRange) uint64 {
	need := uint64(len(slots)) * sizeRange
	for _, r := range slots {
		need += (uint64(r.To) - uint64(r.From) + 1) * OfNew(id)
	}
	return need
}

// ofTask is what a live task needs until it is over.
func ofTask(t *cluster.Task, ids uint64) uint64 {
	need := uint64(0)
	add := func(records, size uint64) { need += records * (size + ids) }
	if t.Doom == nil {
		add(1, sizeDoom)
	}
	add(uint64(KillsMax-min(t.Kills, KillsMax)), sizeKill)
	switch t.State {
	case cluster.Waiting:
		add(1, sizeStaged)
		add(statusesOfStaged, sizeStatus)
	case cluster.Staged:
		add(statusesOfStaged, sizeStatus)
	case cluster.Starting:
		add(statusesOfStarting, sizeStatus)
	case cluster.Running:
		add(statusesOfRunning, sizeStatus)
	default:
		add(statusesOfKilling, sizeStatus)
	}
	return need
}

// Size is what a record takes in the log: what a NATS server adds to it is in it.
func Size(m events.Message) uint64 {
	const (
		added = 34  // lengths, sequence, time and checksum
		line  = 12  // that the headers begin with
		own   = 150 // the headers of NATS: an expectation, and the place in a batch
		parts = 4   // of every header
	)
	n := added + line + own + len(m.Subject) + len(m.Data)
	for k, v := range m.Header {
		n += parts + len(k) + len(v)
	}
	return uint64(n)
}

func sizeIDs(id string) uint64 { return idsInARecord * uint64(len(events.EncodeToken(id))) }

func replicas(spec *job.Spec) uint64 {
	n := uint64(0)
	for i := range spec.Tasks {
		n += uint64(spec.Tasks[i].Replicas)
	}
	return n
}
