package fold

import (
	"context"

	"github.com/milosgajdos/taurus/internal/core/machine"
)

// resume begins at a snapshot, if there is one that the log bears out, and returns it.
func (r *run) resume(ctx context.Context) *beginning {
	state, ok := r.state.(Resumable)
	if !ok || r.opt.Snapshots == nil {
		return nil
	}
	b := beginner{log: r.opt.Log, space: r.opt.Space, logger: r.opt.Logger}
	if r.opt.Marks != nil {
		var err error
		if b.mark, b.marked, err = r.opt.Marks.Load(); err != nil {
			return nil // Whoever follows the log fails with it.
		}
	}
	at := b.begin(ctx, r.opt.Snapshots)
	if at == nil {
		return nil
	}
	r.mark = at.mark
	if all := at.State.Rejections; all.Count > 0 {
		rejected := Rejected{Count: all.Count}
		if n := len(all.Newest); n > 0 {
			rejected.Last = all.Newest[n-1]
		}
		r.rejected.Store(&rejected)
		r.opt.Rejected.Add(float64(all.Count))
	}
	state.Resume(at.State)
	now := r.opt.Now()
	r.clock.Observe(now, &at.seal, false)
	r.stepAt(ctx, now, machine.Resumed{Record: &at.seal})
	r.progress.advance(at.Sequence)
	r.metric.Set(float64(at.Sequence))
	r.opt.Logger.Info().Uint64("sequence", at.Sequence).Time("time", at.Time).Msg("begins at a snapshot")
	return at
}
