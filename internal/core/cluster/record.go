package cluster

import (
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Record is a record of the log, decoded.
type Record struct {
	Sequence uint64
	// Time is the log's timestamp. The fold measures durations by it, so that all
	// who fold agree on them.
	Time time.Time
	// Subject is as far as it could be taken apart.
	Subject  events.Subject
	Envelope events.Envelope
	// Event is never nil; of a rejected record it is Unknown, so that nobody acts
	// on it.
	Event events.Event
	// Rejection is why the record is rejected, for people; empty if it is not.
	Rejection string
	// Message is what was decoded, for those who show it as it is.
	Message events.Message
	// Sum is the checksum of Message; Unsummed reports whether Message came without.
	Sum      [32]byte
	Unsummed bool
	// Missing is how many records right before this one are lost, as accepted by an
	// operator.
	Missing uint64
	// Head is the log's hash up to this record, where whoever reads the log computes it.
	Head Head

	// astray reports whether the subject is one on which nobody ever expects
	// anything: none of this log's.
	astray bool
}

// Head is the hash of the log up to a record.
type Head struct {
	Hash chain.Hash
	// Known is false behind a loss, up to the next seal: there is no saying yet which
	// hash the log has. Hash is the one that a seal may then give it.
	Known bool
}

// Reject takes a record for one that says nothing, and why.
func (r *Record) Reject(why string) {
	r.Event = events.Unknown{TypeName: legible(r.Message.Header[events.HeaderType], nameMax), Data: r.Message.Data}
	r.Rejection = legible(why, rejectionMax)
}

// Judgement is what the fold made of a record.
type Judgement uint8

// The judgements.
const (
	// Counted: the record stands and may have changed the state.
	Counted Judgement = iota
	// Outranked: the record stands, but the state is past what it says. A status
	// judged so is safe to acknowledge.
	Outranked
	// Repeated: the same fact stands in the log already.
	Repeated
	// StaleEpoch: the launcher that wrote it had been replaced; it never counts
	// and must not be acknowledged on its account.
	StaleEpoch
	// Unmatched: nothing the state knows fits the record.
	Unmatched
	// Skipped: the type is not known.
	Skipped
	// Rejected: no program of taurus' writes such a record. It is the last of its
	// subject, since expectations go by that, and says nothing.
	Rejected
)

// String is for logs.
func (j Judgement) String() string {
	switch j {
	case Counted:
		return "counted"
	case Outranked:
		return "outranked"
	case Repeated:
		return "repeated"
	case StaleEpoch:
		return "stale_epoch"
	case Unmatched:
		return "unmatched"
	case Skipped:
		return "skipped"
	case Rejected:
		return "rejected"
	}
	return "invalid"
}

// Change is what a record did.
type Change struct {
	Judgement Judgement
	// Rejection tells of a record that was rejected.
	Rejection Rejection
	// Job is the job touched, nil for records about the launcher and rejected ones.
	Job *Job
	// Tasks are those touched.
	Tasks []*Task
	// Agents reports whether it changed what is planned with agents.
	Agents bool
	// Access reports whether it changed who may do what, or the policy.
	Access bool
	// Rules reports whether it changed what jobs may ask for.
	Rules bool
	// Room reports whether the job asks for less than before under a quota, which others then
	// may have.
	Room bool
	// Hearing reports whether somebody listens to Mesos who did not before, or nobody any more;
	// or Mesos has listed what it runs after a loss.
	Hearing bool
	// Others are jobs that were made or changed beside Job, perhaps more than once: runs
	// of a series, or the series of a run. Gone are the ids of those that were forgotten.
	Others []*Job
	Gone   []string
}
