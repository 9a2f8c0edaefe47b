package examine

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/exportfile"
)

// Report is what was found.
type Report struct {
	// Whole reports whether there are no problems.
	Whole bool `json:"whole"`
	// First and Last are the first and the last sequence that there are records of, with
	// the log's times of them; Records is how many there are.
	First   uint64    `json:"first"`
	FirstAt time.Time `json:"first_at,omitzero"`
	Last    uint64    `json:"last"`
	LastAt  time.Time `json:"last_at,omitzero"`
	Records uint64    `json:"records"`
	// Head is the last record with the hash up to it; nil while that is unknown, behind
	// a loss and before the next seal.
	Head *Anchor `json:"head,omitempty"`
	// Seals is how many seals fit, Sealed what the last of them says, Unsealed how many
	// records no seal is over.
	Seals    uint64  `json:"seals"`
	Sealed   *Anchor `json:"sealed,omitempty"`
	Unsealed uint64  `json:"unsealed"`
	// Unsummed is how many records have no checksum.
	Unsummed uint64     `json:"unsummed"`
	Losses   []Loss     `json:"losses,omitempty"`
	Rejected Rejections `json:"rejected"`
	Problems []Problem  `json:"problems"`
}

// Loss is a range of records whose loss was accepted.
type Loss struct {
	exportfile.Range
	Sequence uint64    `json:"sequence"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitzero"`
	Reason   string    `json:"reason"`
}

// Rejections are the records that every fold passes over.
type Rejections struct {
	Count uint64 `json:"count"`
	// First are the first of them.
	First []Rejection `json:"first,omitempty"`
}

// rejectionsTold is how many rejections are told of.
const rejectionsTold = 10

// Rejection is a record that is passed over, and why.
type Rejection struct {
	Sequence uint64 `json:"sequence"`
	Subject  string `json:"subject"`
	Reason   string `json:"reason"`
}

// Code names a problem for programs.
type Code string

// The problems of a log.
const (
	// CodeMissing: records are missing, and later ones are there, or the log counts them.
	CodeMissing Code = "missing"
	// CodeShort: the log ends before a mark.
	CodeShort Code = "short"
	// CodeChanged: a record does not fit its checksum.
	CodeChanged Code = "changed"
	// CodeBroken: a seal does not fit the records.
	CodeBroken Code = "broken"
	// CodeOther: a mark, or a seal that was noted elsewhere, does not fit.
	CodeOther Code = "other"
	// CodeForeign: a mark is of another log altogether.
	CodeForeign Code = "foreign"
	// CodeNewer: a newer program wrote what this one cannot read.
	CodeNewer Code = "newer"
	// CodeUnknown: a seal that was noted elsewhere cannot be compared.
	CodeUnknown Code = "unknown"
	// CodeMark: the mark of a state directory cannot be read.
	CodeMark Code = "mark"
)

// Problem is one thing that is wrong.
type Problem struct {
	Code Code `json:"code"`
	// Range holds the records that it is about, zero if it is about none.
	exportfile.Range
	// Message says what is wrong, Ways what can be done, as users read it.
	Message string   `json:"message"`
	Ways    []string `json:"ways"`
}

// Lost reports whether the problem is one that accepting the loss of its range ends.
func (p Problem) Lost() bool {
	switch p.Code {
	case CodeMissing, CodeShort, CodeChanged, CodeBroken, CodeOther:
		return true
	case CodeForeign, CodeNewer, CodeUnknown, CodeMark:
	}
	return false
}

// lost is a problem of records that are gone, or not what they were.
func lost(code Code, r exportfile.Range, message string) Problem {
	return Problem{Code: code, Range: r, Message: message, Ways: []string{
		"of several NATS servers another may have it whole, and gives it to the one that does not: docs/operating.md, One server of three has lost records",
		"or bring the log back from a backup (docs/operating.md): `taurus log restore FILE` puts an export back",
		fmt.Sprintf("or, only where nobody has them, accept the loss: `taurus log accept-loss --from %d --to %d --reason '...'`", r.From, r.To),
	}}
}
