package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Decode reads a record of a log with these subjects. One that no program of
// taurus' writes comes with a Rejection: whoever may publish once must not be able
// to stop every service for good. The only error is events.ErrUnknownMajor: a newer
// program wrote what this one would misread, so the fold has to stop.
func Decode(space events.Space, sequence uint64, at time.Time, m events.Message) (Record, error) {
	r := Record{Sequence: sequence, Time: at, Message: m}
	var misplaced, malformed, sum error
	r.Subject, misplaced = space.Parse(m.Subject)
	r.Envelope, r.Event, malformed = events.Decode(m)
	r.Sum, sum = events.CheckedSum(m)
	r.Unsummed = errors.Is(sum, events.ErrUnsummed)
	if sum != nil && !r.Unsummed {
		malformed = sum // Whatever else it says, nobody wrote it so.
	}
	if errors.Is(malformed, events.ErrUnknownMajor) && !r.Unsummed { // Newer programs write sums.
		return Record{}, fmt.Errorf("sequence %d on %s, written by %q: %w: upgrade this service to the version that wrote it; see docs/operating.md, \"An event of another major version\"",
			sequence, legible(m.Subject, subjectMax), r.Envelope.Source, malformed)
	}
	why := stray(r.Subject, misplaced)
	r.astray = why != ""
	if why == "" {
		why = unreadable(&r, malformed)
	}
	if why != "" {
		r.Reject(why)
	}
	return r, nil
}

// stray returns why nobody ever expects anything of a subject, empty for those on
// which somebody may.
func stray(s events.Subject, misplaced error) string {
	switch {
	case misplaced != nil:
		return misplaced.Error()
	case len(s.Job) > jobIDMax:
		return fmt.Sprintf("the id of its job is %d bytes, the most is %d", len(s.Job), jobIDMax)
	case !plainText(s.Job):
		return "the id of its job is not UTF-8, or has control characters"
	case s.Slot >= SlotEnd:
		return fmt.Sprintf("there is no slot %d, the last is %d", s.Slot, SlotEnd-1)
	case s.Shard != 0:
		return fmt.Sprintf("there is no shard %d, only 0", s.Shard)
	}
	return ""
}

// unreadable returns why what stands on a subject cannot stand there.
func unreadable(r *Record, malformed error) string {
	if malformed != nil {
		return malformed.Error()
	}
	e := &r.Envelope
	_, unknown := r.Event.(events.Unknown)
	if !plainText(e.ID) || !plainText(e.Source) || !plainText(e.Actor) || !plainText(e.OnBehalfOf) || unknown && !plainText(r.Event.Type()) {
		return "its headers are not UTF-8, or have control characters"
	}
	if role := events.RoleOf(r.Event); role != "" && role != r.Subject.Role {
		return fmt.Sprintf("%s stands on subjects of %s, not of %s", r.Event.Type(), role, r.Subject.Role)
	}
	if TooDeep(r.Message.Data) {
		return fmt.Sprintf("its body is nested more than %d deep", DepthMax)
	}
	return misfit(r)
}

// DepthMax is how deep the body of a record may be nested. Who shows it puts it into
// an answer of its own, and readers of JSON end at some depth.
const DepthMax = 100

// TooDeep reports whether JSON is nested deeper than DepthMax.
func TooDeep(data []byte) bool {
	if bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("[")) <= DepthMax {
		return false // So it is with nearly all, and this is fast.
	}
	depth, quoted := 0, false
	for at := 0; at < len(data); at++ {
		switch c := data[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > DepthMax {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// plainText reports whether a text is UTF-8 without control characters.
func plainText(text string) bool {
	ascii := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == 0x7f {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(text)
}

// legible is a text that may be anything, fit to be shown.
func legible(text string, most int) string {
	const cut = " [cut]"
	if len(text) > most {
		text = text[:most-len(cut)] + cut
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return utf8.RuneError
		}
		return r
	}, text) // What is no UTF-8 is mapped to the same.
}
