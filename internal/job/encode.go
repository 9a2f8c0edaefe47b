package job

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
)

// JSON writes s for an event: what is empty is left out and equal specs give
// equal bytes. It does not normalise. It fails only on what JSON cannot
// hold, NaN and broken UTF-8, and Validate refuses those.
func (s *Spec) JSON() ([]byte, error) {
	data, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("job: write the spec of %q: %w", s.ID, err)
	}
	return data, nil
}

// Parse reads what JSON wrote, exactly. A spec of a newer taurus, with fields
// this one does not know, is read as well as it can be.
func Parse(data []byte) (*Spec, error) {
	var s Spec
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("job: read a stored spec: %w", err)
	}
	return &s, nil
}

// Equal reports whether two specs ask for the same once defaults are filled in.
func (s *Spec) Equal(other *Spec) bool {
	if s == nil || other == nil {
		return s == other
	}
	a, b := s.Clone(), other.Clone()
	a.Normalise()
	b.Normalise()
	left, leftErr := a.JSON()
	right, rightErr := b.JSON()
	return leftErr == nil && rightErr == nil && bytes.Equal(left, right)
}
