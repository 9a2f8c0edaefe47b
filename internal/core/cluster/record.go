package cluster

import (
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Record is a record of the log, decoded.
type Record struct {
	Sequence uint64
	// Time is the log's timestamp. The fold measures durations by it, so that all
	// who fold agree on them.
	Time     time.Time
	Subject  events.Subject
	Envelope events.Envelope
	Event    events.Event
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
}

// Head is the hash of the log up to a record.
type Head struct {
	Hash chain.Hash
	// Known is false behind a loss, up to the next seal: there is no saying yet which
	// hash the log has. Hash is the one that a seal may then give it.
	Known bool
}

// Decode reads a record. An error means that the log holds what this program
// must not skip (ErrSubject, ErrEnvelope, ErrBody, ErrUnknownMajor, ErrSum
// of pkg/events): the fold has to stop.
func Decode(sequence uint64, at time.Time, m events.Message) (Record, error) {
	subject, err := events.ParseSubject(m.Subject)
	if err != nil {
		return Record{}, fmt.Errorf("sequence %d: %w", sequence, err)
	}
	env, ev, err := events.Decode(m)
	if err != nil {
		return Record{}, fmt.Errorf("sequence %d on %s: %w", sequence, m.Subject, err)
	}
	sum, err := events.CheckedSum(m)
	if errors.Is(err, events.ErrSum) {
		return Record{}, fmt.Errorf("sequence %d on %s: %w", sequence, m.Subject, err)
	}
	return Record{
		Sequence: sequence, Time: at, Subject: subject, Envelope: env, Event: ev, Message: m,
		Sum: sum, Unsummed: errors.Is(err, events.ErrUnsummed),
	}, nil
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
	}
	return "invalid"
}

// Change is what a record did.
type Change struct {
	Judgement Judgement
	// Job is the job touched, nil for records about the launcher.
	Job *Job
	// Tasks are those touched.
	Tasks []*Task
}
