package world

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Log is the log: its records and the last sequence of each subject.
type Log struct {
	Records []Record
	last    map[string]uint64
}

// Record is one of the log, as bytes and decoded. It never changes, so that
// copies of a world may share it.
type Record struct {
	Message events.Message
	Decoded cluster.Record
}

// Last is the last sequence of the log.
func (l *Log) Last() uint64 { return uint64(len(l.Records)) }

// store appends entries, all of them or, of decisions, none. It returns the last
// sequence.
func (l *Log) store(space events.Space, now time.Time, entries []eventlog.Entry) (uint64, error) {
	for _, e := range entries {
		if want, ok := e.Expect.Last(); ok && l.last[e.Message.Subject] != want {
			return 0, fmt.Errorf("%w: %s is at %d, expected %d", eventlog.ErrConflict, e.Message.Subject, l.last[e.Message.Subject], want)
		}
	}
	for _, e := range entries {
		sequence := l.Last() + 1
		decoded, err := cluster.Decode(space, sequence, now, e.Message)
		if err != nil {
			return 0, err
		}
		l.add(Record{Message: e.Message, Decoded: decoded})
	}
	return l.Last(), nil
}

func (l *Log) add(r Record) {
	if l.last == nil {
		l.last = map[string]uint64{}
	}
	l.Records = append(l.Records, r)
	l.last[r.Message.Subject] = r.Decoded.Sequence
}

// encode makes entries of drafts.
func encode(drafts []machine.Draft) ([]eventlog.Entry, error) {
	entries := make([]eventlog.Entry, len(drafts))
	for i, d := range drafts {
		m, err := events.Encode(d.Subject, d.Envelope, d.Event)
		if err != nil {
			return nil, err
		}
		entries[i] = eventlog.Fact(m)
		if d.Conditional {
			entries[i] = eventlog.Decision(m, d.Last)
		}
	}
	return entries, eventlog.Check(entries)
}

// answerOf is what a process hears of an append.
func answerOf(ticket, last uint64, err error) machine.Appended {
	o := machine.Outcome{Answer: machine.Stored, Last: last}
	if err != nil {
		o = machine.Outcome{Answer: machine.Refused, Err: failure(err.Error())}
	}
	if errors.Is(err, eventlog.ErrConflict) {
		o.Answer = machine.Conflict
	}
	return machine.Appended{Ticket: ticket, Outcome: o}
}

// Bytes is the whole log, so that two can be compared.
func (l *Log) Bytes() []byte {
	var b bytes.Buffer
	for i := range l.Records {
		l.Records[i].write(&b)
	}
	return b.Bytes()
}

func (r *Record) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "%d %s %s\n", r.Decoded.Sequence, r.Decoded.Time.Format(time.RFC3339Nano), r.Message.Subject)
	for _, k := range slices.Sorted(maps.Keys(r.Message.Header)) {
		fmt.Fprintf(b, "%s: %s\n", k, r.Message.Header[k])
	}
	fmt.Fprintf(b, "%s\n\n", r.Message.Data)
}
