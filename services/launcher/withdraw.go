package launcher

import (
	"context"
	"time"
)

// withdrawEvery bounds how often withdrawals are appended without a session.
const withdrawEvery = 500 * time.Millisecond

// withdrawDoomed ends attempts that never had a place while there is no
// subscription: a job that was stopped before anything of it was launched is
// over, whether Mesos can be reached or not.
func (s *Service) withdrawDoomed(ctx context.Context, now time.Time) {
	if s.withdrawing || len(s.watch.doomed) == 0 || now.Before(s.withdrawAt) {
		return
	}
	b := newBatch(s, s.state.Launcher.Epoch)
	b.addDoomed()
	if len(b.entries) == 0 {
		return
	}
	s.withdrawing, s.withdrawAt = true, now.Add(withdrawEvery)
	go func() {
		appendCtx, cancel := context.WithTimeout(ctx, appendTimeout)
		defer cancel()
		_, err := s.opt.Log.Append(appendCtx, b.entries...)
		s.post(ctx, func() {
			s.withdrawing = false
			if err != nil {
				s.opt.Logger.Warn().Err(err).Int("tasks", len(b.entries)).Msg("tasks not withdrawn; deciding again")
			}
		})
	}()
}
