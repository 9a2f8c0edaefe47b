package job

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrSyntax is returned when a document is not JSON or YAML at all; it
	// comes together with Faults that say where.
	ErrSyntax = errors.New("job: malformed document")
	// ErrMediaType is returned when a document is of a content type that holds
	// no job.
	ErrMediaType = errors.New("job: unknown content type")
)

// Fault is one thing wrong with a job, and its mend.
type Fault struct {
	// Path names the field, such as tasks[0].ports[1].host; it is empty where
	// the document as a whole is at fault.
	Path string `json:"path,omitzero"`
	// Message says what is wrong and how to mend it.
	Message string `json:"message"`
	// Line is that of the document, from 1; 0 where it is not known.
	Line int `json:"line,omitzero"`
	// Rule is the rule of the policy that forbids it, where one does.
	Rule string `json:"rule,omitzero"`
}

// String writes the fault in one line.
func (f Fault) String() string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Line > 0 {
		text += fmt.Sprintf(" (line %d)", f.Line)
	}
	if f.Rule != "" {
		text += fmt.Sprintf(" (rule %q of the policy)", f.Rule)
	}
	return text
}

// Faults are all that is wrong with a job, in the order of the document. They
// are never returned empty.
type Faults []Fault //nolint:errname // The plural of Fault reads better than FaultsError.

// maxFaults bounds the faults of one document, so that a hostile one cannot
// make the answer larger than itself.
const maxFaults = 100

// add appends a fault, or as the last one that there are more.
func (f *Faults) add(fault Fault) {
	switch n := len(*f); {
	case n < maxFaults:
		*f = append(*f, fault)
	case n == maxFaults:
		*f = append(*f, Fault{Message: "has more faults; mend these first"})
	}
}

// full reports whether no more faults are told.
func (f Faults) full() bool { return len(f) > maxFaults }

// Error writes one line for one fault, and a line each for several.
func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d faults:", len(f))
	for _, fault := range f {
		b.WriteString("\n  " + fault.String())
	}
	return b.String()
}

// err is f as an error, nil where there is none.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}
