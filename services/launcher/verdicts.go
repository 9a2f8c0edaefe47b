package launcher

import (
	"context"
	"fmt"
	"maps"

	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// verdicts remembers what was said last about each group, so that only changes
// are recorded.
type verdicts struct {
	last map[verdictKey]placement.Verdict
}

type verdictKey struct {
	job, group string
}

func newVerdicts() *verdicts { return &verdicts{last: map[verdictKey]placement.Verdict{}} }

// keep forgets the groups that no longer wait: should they wait again, that is
// news.
func (v *verdicts) keep(demands []placement.Demand) {
	waiting := map[verdictKey]bool{}
	for _, d := range demands {
		waiting[verdictKey{d.Job.ID, d.Group.Name}] = true
	}
	maps.DeleteFunc(v.last, func(k verdictKey, _ placement.Verdict) bool { return !waiting[k] })
}

// quiet is the verdict while Mesos makes no offers.
func quiet(demands []placement.Demand) []placement.Verdict {
	var all []placement.Verdict
	for _, d := range demands {
		all = append(all, placement.Verdict{
			Job: d.Job.ID, Run: d.Job.Run, Group: d.Group.Name, Waiting: uint32(len(d.Tasks)), Reasons: map[string]uint32{},
		})
	}
	return all
}

// explain records the verdicts that changed. They decide nothing: one that is
// lost is merely missing from the answer to why a job waits.
func (sess *session) explain(found []placement.Verdict) {
	s := sess.s
	if s.opt.Why == nil {
		return
	}
	var entries []eventlog.Entry
	for _, v := range found {
		key := verdictKey{v.Job, v.Group}
		if last, ok := s.verdicts.last[key]; ok && last.Same(v) {
			continue
		}
		s.verdicts.last[key] = v
		id := fmt.Sprintf("why/%s/%s@%d.%d", v.Job, v.Group, s.state.Sequence, s.batchNumber)
		if m, ok := s.encode(s.opt.Space.Why(v.Job), s.envelope(id, 0), v.Event(s.state.Sequence)); ok {
			entries = append(entries, eventlog.Fact(m))
		}
		s.opt.Logger.Info().Str("job", v.Job).Str("group", v.Group).Uint64("sequence", s.state.Sequence).Msg(v.Summary())
	}
	if len(entries) == 0 {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(sess.ctx, appendTimeout)
		defer cancel()
		if _, err := s.opt.Why.Append(ctx, entries...); err != nil && sess.ctx.Err() == nil {
			s.opt.Logger.Warn().Err(err).Str("event", events.VerdictChanged{}.Type()).Msg("verdict not recorded")
		}
	}()
}
