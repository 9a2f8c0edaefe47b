package cluster

import (
	"cmp"
	"container/heap"
	"time"
)

// reopenedFor is how long a job stays open that was closed and is spoken of again: what
// speaks of it once will do so again.
const reopenedFor = time.Minute

// A job is closed when nothing of it is wanted, nothing of it lives, and it has been so for as
// long as whoever holds the state keeps what is over. Its slots are packed then (packed.go), and
// come back as soon as a record is about the job; one that was deleted is no longer among Jobs.

// closing is which jobs a state closes, and when. It decides nothing: a job that is closed
// means the same as one that is not, and is smaller.
type closing struct {
	on bool
	// bare reports whether nobody looks at the tasks, so that what is only shown of them goes
	// as they end.
	bare bool
	// after is how long what is over is kept as it is, again how long what was reopened is.
	after, again time.Duration
	spared       string
	due          dueJobs
}

// dueJob is a job that may be closed at a time.
type dueJob struct {
	at time.Time
	id string
}

// dueJobs is a heap by time.
type dueJobs []dueJob

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (d dueJobs) Len() int { return len(d) }

// Less is by time, and by id.
func (d dueJobs) Less(i, j int) bool {
	return cmp.Or(d[i].at.Compare(d[j].at), cmp.Compare(d[i].id, d[j].id)) < 0
}

// Swap swaps two.
func (d dueJobs) Swap(i, j int) { d[i], d[j] = d[j], d[i] }

// Push is heap.Push's.
func (d *dueJobs) Push(one any) { *d = append(*d, one.(dueJob)) } //nolint:forcetypeassert // It is ours.

// Pop is heap.Pop's.
func (d *dueJobs) Pop() any {
	last := len(*d) - 1
	one := (*d)[last]
	(*d)[last] = dueJob{}
	*d = (*d)[:last]
	return one
}

// CloseAtOnce has the state close jobs from now on as soon as they are over, or deleted, and
// nothing of them lives; and let go of what is only shown of a task when it ends. What is over
// already is closed here. It is nobody's decision, and changes none.
func (s *State) CloseAtOnce() { s.closeBy(closing{bare: true, again: reopenedFor}) }

// CloseAfter does the same once jobs have been over for a time by the log's clock. What is shown
// of tasks stays until then; of the task that failed its job it stays for good.
func (s *State) CloseAfter(kept time.Duration) {
	s.closeBy(closing{after: kept, again: reopenedFor})
}

// Spare has one job never closed.
func (s *State) Spare(id string) { s.closing.spared = id }

func (s *State) closeBy(how closing) {
	how.on, how.spared = true, s.closing.spared
	s.closing = how
	for _, j := range s.Jobs {
		j.queued = false
		if len(j.Slots) > 0 {
			s.unpack(j) // Another left slots that may be packed here, and all are packed at once.
		}
		s.enqueue(j, j.EndedAt())
	}
	s.closeDue()
}

// closeFollowing closes what is due once a record has been folded.
func (s *State) closeFollowing(c Change) {
	if !s.closing.on {
		return
	}
	if c.Job != nil {
		s.enqueue(c.Job, s.Time)
	}
	for _, j := range c.Others {
		s.enqueue(j, s.Time)
	}
	s.closeDue()
}

// enqueue has a job closed when it is due, if it may ever be as it is now; ended is since when
// that is so.
func (s *State) enqueue(j *Job, ended time.Time) {
	if !s.closing.on || j.ID == s.closing.spared || j.queued && !j.Deleted || s.Jobs[j.ID] != j || !j.closable() {
		return
	}
	if !j.Deleted {
		ended = ended.Add(s.closing.after)
	}
	s.await(j, ended)
}

// await has a job looked at again at a time.
func (s *State) await(j *Job, at time.Time) {
	j.queued = true
	heap.Push(&s.closing.due, dueJob{at, j.ID})
}

// closeDue closes the jobs whose time has come.
func (s *State) closeDue() {
	for len(s.closing.due) > 0 && !s.closing.due[0].at.After(s.Time) {
		one := heap.Pop(&s.closing.due).(dueJob) //nolint:forcetypeassert // It is ours.
		j := s.Jobs[one.id]
		if j == nil {
			continue
		}
		j.queued = false
		if !j.closable() {
			continue // It is queued again when it is.
		}
		if at := j.EndedAt().Add(s.closing.after); !j.Deleted && at.After(s.Time) {
			s.await(j, at) // It lived again meanwhile.
			continue
		}
		s.close(j)
	}
}

// closable reports whether nothing of the job is wanted, nothing of it lives, and it is not
// closed yet. What only Mesos knows is not, as it may be a part of a run that the log has lost.
func (j *Job) closable() bool {
	if j.Run == 0 || !j.Over() || j.Rollout.Active() {
		return false
	}
	return (len(j.Slots) > 0 || j.Deleted && j.Series == nil && len(j.Requests) == 0) && !j.Alive()
}

// close packs the slots of a job, and all of one that is deleted. Who has the job from the
// record before goes on with it as it was: what is in the state from now on is another.
func (s *State) close(was *Job) {
	j := *was
	s.pack(&j)
	s.peeked = nil
	if j.Deleted && j.Series == nil && len(j.Requests) == 0 && len(j.Slots) == 0 {
		delete(s.Jobs, j.ID)
		if s.closed == nil {
			s.closed = map[string]string{}
		}
		s.closed[j.ID] = j.book()
		return
	}
	s.Jobs[j.ID] = &j
}

// open returns a job to be changed, all of its slots there; nil if there is none.
func (s *State) open(id string) *Job {
	j := s.Jobs[id]
	if j == nil {
		book, closed := s.closed[id]
		if !closed {
			return nil
		}
		j = unbook(id, book)
		delete(s.closed, id)
		s.Jobs[id] = j
	}
	if !j.queued && (j.packed != "" || j.Deleted) && s.closing.on {
		s.await(j, s.Time.Add(s.closing.again))
	}
	s.unpack(j)
	return j
}

// forgetClosed forgets a job that nothing of lives, and reports whether there was one.
func (s *State) forgetClosed(id string) bool {
	j := s.open(id)
	if j == nil || j.Alive() {
		return false
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.ID != "" && s.byID[t.ID] == t {
				delete(s.byID, t.ID)
			}
		}
	}
	delete(s.Jobs, id)
	return true
}

// Closings counts the jobs that are closed.
func (s *State) Closings() int {
	n := len(s.closed)
	for _, j := range s.Jobs {
		if j.Closed() {
			n++
		}
	}
	return n
}

// Closed reports whether the state has the job without the tasks of it that are over.
func (j *Job) Closed() bool { return j.packed != "" }

// Whole reports whether all is there that is shown of the job's tasks: it is not closed, and
// was not before in this run.
func (j *Job) Whole() bool { return j.packed == "" && !j.thinned }

// Job returns a job, nil if the log speaks of none of that id. Of one that is closed some tasks
// are missing, and one that was deleted is made for the answer.
func (s *State) Job(id string) *Job {
	if j := s.Jobs[id]; j != nil {
		return j
	}
	if book, closed := s.closed[id]; closed {
		return unbook(id, book)
	}
	return nil
}

// SlotLast is the last sequence of the subject of a slot, 0 if the log has none.
func (s *State) SlotLast(id string, number uint32) uint64 {
	j := s.Job(id)
	if j == nil {
		return 0
	}
	if slot := j.Slots[number]; slot != nil {
		return slot.Last
	}
	return lastIn(j.packed, number)
}

// TaskByID finds a task by its Mesos id among those that the state holds. One of a job that is
// closed is made for the answer, and has what decisions ask of it.
func (s *State) TaskByID(id string) *Task {
	if t := s.byID[id]; t != nil || len(s.runs) == 0 {
		return t
	}
	_, run, number, attempt, ok := taskIDParts(id)
	of := s.runs[run]
	if !ok || of == "" {
		return nil
	}
	if s.peeked == nil || s.peeked.ID != of {
		j := *s.Job(of)
		j.Slots = unpacked(&j)
		s.peeked = &j
	}
	slot := s.peeked.Slots[number]
	if slot == nil {
		return nil
	}
	if t := slot.Find(run, attempt); t != nil && t.ID == id {
		return t
	}
	return nil
}
