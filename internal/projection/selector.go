package projection

import (
	"fmt"
	"slices"
	"strings"
)

// TermsMax is how many terms a Selector has at most: each is held against every job.
const TermsMax = 32

// Selector chooses jobs by their labels: all of its terms must hold.
type Selector []Term

// Term is one condition on a label.
type Term struct {
	Key   string
	Value string
	Op    Op
}

// Op is how a term looks at a label.
type Op uint8

// The ways to look at a label.
const (
	// OpEqual: the label is there and has the value.
	OpEqual Op = iota
	// OpNotEqual: the label is missing or has another value.
	OpNotEqual
	// OpExists: the label is there.
	OpExists
)

// ParseSelector reads k=v, k!=v and k, joined by commas. The error is ErrSelector.
func ParseSelector(text string) (Selector, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if strings.Count(text, ",") >= TermsMax {
		return nil, fmt.Errorf("%w: more than %d", ErrSelector, TermsMax)
	}
	var s Selector
	for part := range strings.SplitSeq(text, ",") {
		t := Term{Key: part, Op: OpExists}
		if key, value, ok := strings.Cut(part, "!="); ok {
			t = Term{Key: key, Value: value, Op: OpNotEqual}
		} else if key, value, ok := strings.Cut(part, "="); ok {
			t = Term{Key: key, Value: value, Op: OpEqual}
		}
		t.Key, t.Value = strings.TrimSpace(t.Key), strings.TrimSpace(t.Value)
		if t.Key == "" || strings.ContainsAny(t.Key, "!= ") {
			return nil, fmt.Errorf("%w: not %q", ErrSelector, part)
		}
		s = append(s, t)
	}
	return s, nil
}

// Matches reports whether labels meet every term.
func (s Selector) Matches(labels map[string]string) bool {
	return !slices.ContainsFunc(s, func(t Term) bool { return !t.matches(labels) })
}

func (t Term) matches(labels map[string]string) bool {
	value, there := labels[t.Key]
	switch t.Op {
	case OpEqual:
		return there && value == t.Value
	case OpNotEqual:
		return !there || value != t.Value
	case OpExists:
		return there
	}
	return false
}
