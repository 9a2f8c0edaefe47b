package world

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// resume gives every other process that starts a state that was folded and encoded when the
// one before it started, and returns the record behind which it begins; nil for the beginning.
func (w *World) resume(p *Process) *cluster.Record {
	if p.Role == "commander" {
		return nil // The api folds all there is.
	}
	before := w.snapshot
	encoded, err := cluster.Encode(w.Referee)
	if err != nil {
		w.violate("the state cannot be encoded: %v", err)
	}
	w.snapshot = encoded
	if before == nil || w.starts%2 == 0 {
		return nil
	}
	state, err := cluster.DecodeState(before)
	if err != nil {
		w.violate("the state cannot be decoded: %v", err)
		return nil
	}
	if state.Sequence == 0 {
		return nil
	}
	p.State.Resume(state)
	return &w.Log.Records[state.Sequence-1].Decoded
}
