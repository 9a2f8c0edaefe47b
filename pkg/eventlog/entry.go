package eventlog

import (
	"fmt"
	"strings"
)

// Limits that every log holds to, so that what one takes another takes too.
const (
	// MaxBatch is how many entries one append with an expectation may have. It
	// is the default limit of an atomic batch on nats-server.
	MaxBatch = 1000
	// MaxSubject is the greatest length of a subject, in bytes.
	MaxSubject = 2048
	// MaxHeader is the greatest size of all headers of a message, in bytes;
	// nats-server takes 64 KiB, the log's own headers among them.
	MaxHeader = 48 << 10
	// MaxMessage is the greatest size of a message, headers and data, in
	// bytes: the default max_payload of nats-server less what the log adds.
	MaxMessage = 1<<20 - 1<<10

	reservedPrefix = "nats-"
)

// Entry is a message to be appended, and on what condition.
type Entry struct {
	Message Message
	Expect  Expectation
}

// Expectation is the condition of a [Decision]. The zero value is no condition.
type Expectation struct {
	last uint64
	set  bool
}

// Last returns the sequence that must be the last of the entry's subject, 0 if
// the subject must be new, and whether there is a condition at all.
func (e Expectation) Last() (last uint64, ok bool) { return e.last, e.set }

// Fact is an entry that is appended always: what happened, happened.
func Fact(m Message) Entry { return Entry{Message: m} }

// Decision is an entry that is appended only if the last sequence of m.Subject
// is last; 0 means that the subject has none yet.
func Decision(m Message, last uint64) Entry {
	return Entry{Message: m, Expect: Expectation{last: last, set: true}}
}

// Conditional reports whether any of the entries carries an expectation, so that
// they are stored all or not at all.
func Conditional(entries []Entry) bool {
	for _, e := range entries {
		if e.Expect.set {
			return true
		}
	}

	return false
}

// Check returns why entries cannot be appended to any log: ErrInvalid or
// ErrTooLarge. Implementations of [Log] call it first.
func Check(entries []Entry) error {
	if len(entries) == 0 {
		return fmt.Errorf("%w: nothing to append", ErrInvalid)
	}
	conditional := Conditional(entries)
	if conditional && len(entries) > MaxBatch {
		return fmt.Errorf("%w: %d entries with expectations in one append, MaxBatch is %d: split them by aggregate",
			ErrTooLarge, len(entries), MaxBatch)
	}
	var seen map[string]bool
	if conditional && len(entries) > 1 {
		seen = make(map[string]bool, len(entries))
	}
	for i, e := range entries {
		if err := checkMessage(e.Message); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if seen == nil {
			continue
		}
		if e.Expect.set && seen[e.Message.Subject] {
			return fmt.Errorf("entry %d: %w: subject %s occurs before in this append; only its first entry may carry an expectation",
				i, ErrInvalid, e.Message.Subject)
		}
		seen[e.Message.Subject] = true
	}

	return nil
}

// Size returns how many bytes m counts against MaxMessage.
func Size(m Message) int {
	return headerSize(m.Header) + len(m.Data)
}

func headerSize(h map[string]string) int {
	n := 0
	for k, v := range h {
		n += len(k) + len(v) + len(": \r\n")
	}

	return n
}

func checkMessage(m Message) error {
	if err := checkSubject(m.Subject); err != nil {
		return err
	}
	for k, v := range m.Header {
		if err := checkHeader(k, v); err != nil {
			return err
		}
	}
	hdr := headerSize(m.Header)
	if hdr > MaxHeader {
		return fmt.Errorf("%w: headers of %d bytes, MaxHeader is %d", ErrTooLarge, hdr, MaxHeader)
	}
	if size := hdr + len(m.Data); size > MaxMessage {
		return fmt.Errorf("%w: message of %d bytes on %s, MaxMessage is %d", ErrTooLarge, size, m.Subject, MaxMessage)
	}

	return nil
}

// checkSubject holds subjects to literal ones: an expectation on a wildcard
// does not fence anything in a cluster.
func checkSubject(s string) error {
	if s == "" {
		return fmt.Errorf("%w: the subject is empty", ErrInvalid)
	}
	if len(s) > MaxSubject {
		return fmt.Errorf("%w: subject of %d bytes, MaxSubject is %d", ErrTooLarge, len(s), MaxSubject)
	}
	for token := range strings.SplitSeq(s, ".") {
		if token == "" {
			return fmt.Errorf("%w: subject %q has an empty token", ErrInvalid, s)
		}
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || c == '*' || c == '>' {
			return fmt.Errorf("%w: subject %q has %q in it; subjects are literal", ErrInvalid, s, c)
		}
	}

	return nil
}

// checkHeader admits what every log gives back byte for byte. Names that begin
// with Nats- are orders to the server.
func checkHeader(name, value string) error {
	if name == "" {
		return fmt.Errorf("%w: a header has no name", ErrInvalid)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return fmt.Errorf("%w: header name %q has %q in it", ErrInvalid, name, c)
		}
	}
	if len(name) >= len(reservedPrefix) && strings.EqualFold(name[:len(reservedPrefix)], reservedPrefix) {
		return fmt.Errorf("%w: header %s: names that begin with Nats- belong to the log", ErrInvalid, name)
	}
	for i := range len(value) {
		if c := value[i]; (c < ' ' && c != '\t') || c == 0x7f {
			return fmt.Errorf("%w: header %s has %q in its value", ErrInvalid, name, c)
		}
	}
	if value != strings.Trim(value, " \t") {
		return fmt.Errorf("%w: header %s begins or ends with a blank, which is not kept", ErrInvalid, name)
	}

	return nil
}
