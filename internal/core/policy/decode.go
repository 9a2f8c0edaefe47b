package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/job"
)

// SizeMax bounds the text of a policy, in bytes: it is in the log.
const SizeMax = 64 << 10

// The bounds of a policy's lists and words.
const (
	RulesMax  = 500
	QuotasMax = 500
	ListMax   = 1000
	TextMax   = 1024
)

// faultsMax bounds what is told at once.
const faultsMax = 100

// ErrTooLarge is returned for a text that is larger than SizeMax.
var ErrTooLarge = errors.New("policy: too large")

// Decode reads a policy, written in YAML or JSON. All that is wrong is in the error at once, as
// job.Faults, with field, line and mend. Nothing is passed over in silence: a rule that is
// misspelt would be one that is not there.
func Decode(text []byte) (*Policy, error) {
	if len(text) > SizeMax {
		return nil, fmt.Errorf("%w: it has %d bytes; make it at most %d, by patterns in place of names", ErrTooLarge, len(text), SizeMax)
	}
	file, err := job.NewFile(text, "application/yaml")
	if err != nil {
		return nil, err
	}
	data, line := file.JSON()
	p := &Policy{}
	r := &walker{dec: jsontext.NewDecoder(bytes.NewReader(data)), line: line}
	if strings.TrimSpace(string(data)) == "null" {
		r.fault("", 1, "is empty; write at least `rules: []`, which is the default")
	} else if err := r.document(p); err != nil {
		return nil, err
	}
	p.validate(r.wrong)
	if len(r.faults) == 0 {
		p.unreached(r.wrong)
	}
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b job.Fault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.told()
	}
	return p, nil
}
