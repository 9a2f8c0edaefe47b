package api

import (
	"net/http"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/legacy"
	"github.com/milosgajdos/taurus/services/api/page"
	"github.com/milosgajdos/taurus/services/api/reader"
	v2 "github.com/milosgajdos/taurus/services/api/v2"
	"github.com/milosgajdos/taurus/services/api/web"
)

// given is what dialects get to read and to write with.
type given struct {
	reader    *reader.Reader
	commander *commander.Commander
}

// dialects are all that users may talk in. Another is a folder and a line here.
func (s *Service) dialects(g given) []web.Dialect {
	o := &s.opts
	all := []web.Dialect{
		page.New(),
		legacy.New(legacy.Options{Reader: g.reader, Commander: g.commander, Limits: o.Limits}),
		v2.New(v2.Options{
			Reader: g.reader, Commander: g.commander, Live: s.live, Log: o.ReadLog, Verdicts: s.why, Audit: s.audit, TimeOf: s.timeOf, Space: o.Space, Sandbox: o.Sandbox, Parts: s.parts,
			Limits: o.Limits, Unset: o.Policy, Now: o.Now, Instance: o.Instance, Version: o.Version, Feeds: s.metrics.feeds, FeedsCut: s.metrics.feedsCut,
			Stopping: s.stopping, Heartbeat: o.Heartbeat, FeedPatience: o.FeedPatience, FeedBytes: int(o.FeedBytes), FeedsBytes: int(o.FeedsBytes),
		}),
	}
	for _, more := range o.dialects {
		all = append(all, more(g))
	}
	return all
}

// access knows who asks.
func (s *Service) access() web.Access {
	if s.opts.access != nil {
		return s.opts.access
	}
	return newDoorman(s.live, &s.opts)
}

// newHandler serves all dialects.
func (s *Service) newHandler() (http.Handler, error) {
	return web.Handler(web.Options{
		Dialects: s.dialects(given{reader: reader.New(s.live, projection.NewHistory(s.live), s.opts.Now), commander: s.commander}),
		Kinds:    kinds(), Log: s.log, Now: s.opts.Now, Answered: s.metrics.answered, Sequence: s.live.Sequence,
		Ready: s.caughtUp, BodyMax: s.opts.BodyMax, HostNames: s.opts.hostNames, Limits: s.opts.Requests, Document: v2.DocumentPath,
		Access: s.access(), NoJob: submission.ErrNotFound, Decided: s.decided,
	})
}
