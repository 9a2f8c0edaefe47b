package explore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// Log is the log, and what it says folded.
type Log struct {
	records []*Record
	truth   *cluster.State
	// serving are the tasks that were doomed although they were up, as far as who doomed
	// them knew.
	serving map[string]bool

	print *imprint.Imprint
}

// Record is a record of the log. It is never changed.
type Record struct {
	cluster.Record
	subject string
	// judged is what the fold makes of it.
	judged cluster.Judgement

	print *imprint.Imprint
}

func newLog(s *Scope) *Log {
	l := &Log{truth: cluster.New(), serving: map[string]bool{}}
	data, err := s.spec().JSON()
	if err != nil {
		panic(err)
	}
	submitted := machine.Draft{Subject: space().Job(jobID), Envelope: events.Envelope{ID: "user"}, Event: events.JobSubmitted{Spec: data}}
	if err := l.write(start(), submitted); err != nil {
		panic(err)
	}
	return l
}

func (l *Log) tail() uint64 { return uint64(len(l.records)) }

// last is the last sequence of a subject.
func (l *Log) last(subject string) uint64 {
	for _, r := range slices.Backward(l.records) {
		if r.subject == subject {
			return r.Sequence
		}
	}
	return 0
}

// tasks are those that a state holds, as they are now.
func tasks(s *cluster.State) map[cluster.Key]cluster.Task {
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

// storeOf stores what a process wants stored.
func (w *World) storeOf(m *Message, drafts []machine.Draft) machine.Outcome {
	out := w.store(drafts)
	if out.Answer == machine.Stored {
		for _, id := range m.serving {
			w.writable().serving[id] = true
		}
	}
	return out
}

// store stores all drafts or none.
func (w *World) store(drafts []machine.Draft) machine.Outcome {
	for _, d := range drafts {
		if last := w.log.last(d.Subject); d.Conditional && last != d.Last {
			return machine.Outcome{Answer: machine.Conflict, Err: errConflict}
		}
	}
	l := w.writable()
	for _, d := range drafts {
		before := tasks(l.truth)
		if err := l.write(w.now, d); err != nil {
			w.violate("the log is well formed", err.Error())
			continue
		}
		w.checkRecord(l.records[l.tail()-1], before)
	}
	return machine.Outcome{Last: l.tail()}
}

func (l *Log) write(at time.Time, d machine.Draft) error {
	subject, err := events.ParseSubject(d.Subject)
	if err != nil {
		return err
	}
	r := &Record{subject: d.Subject, Record: cluster.Record{
		Sequence: l.tail() + 1, Time: at, Subject: subject, Envelope: d.Envelope, Event: d.Event,
	}}
	change, err := l.truth.Apply(r.Record)
	if err != nil {
		return err
	}
	r.judged = change.Judgement
	l.records = append(slices.Clip(l.records), r)
	return nil
}

// holds reports whether a status stands in the log, judged by the fold and not
// dismissed as that of a launcher that had been replaced.
func (l *Log) holds(taskID string, uuid []byte, upTo uint64) bool {
	for _, r := range l.records[:upTo] {
		ev, ok := r.Event.(events.TaskStatusChanged)
		if ok && ev.TaskID == taskID && string(ev.UUID) == string(uuid) && r.judged != cluster.StaleEpoch {
			return true
		}
	}
	return false
}

// ended reports whether the log says that a task has ended.
func (l *Log) ended(taskID string) bool {
	for _, r := range l.records {
		if r.judged != cluster.Counted {
			continue
		}
		switch ev := r.Event.(type) {
		case events.TaskStatusChanged:
			if ev.TaskID == taskID && cluster.Meaning(ev.State).Terminal() {
				return true
			}
		case events.TaskWithdrawn:
			if ev.TaskID == taskID {
				return true
			}
		default:
		}
	}
	return false
}

// job is what the log says of the job.
func (l *Log) job() *cluster.Job { return l.truth.Jobs[jobID] }

// jobs are all that it speaks of, in order.
func (l *Log) jobs() []*cluster.Job {
	all := make([]*cluster.Job, 0, len(l.truth.Jobs))
	for _, id := range slices.Sorted(maps.Keys(l.truth.Jobs)) {
		all = append(all, l.truth.Jobs[id])
	}
	return all
}

// String is for traces.
func (r *Record) String() string {
	text := fmt.Sprintf("%d %s", r.Sequence, describeEvent(r.Subject, r.Event))
	if r.Subject.Role == events.RoleLauncher || r.Subject.Role == events.RoleTask {
		if _, election := r.Event.(events.LauncherElected); !election {
			text += fmt.Sprintf(" epoch=%d", r.Envelope.Epoch)
		}
	}
	if r.judged != cluster.Counted {
		text += " (" + r.judged.String() + ")"
	}
	return text
}
