package api

import (
	"context"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/api/web"
)

// decided has what became of a request recorded.
func (s *Service) decided(d web.Decision) {
	s.audit.Take(auditing.Answer{
		At: d.At, Principal: d.Principal, OnBehalfOf: d.OnBehalfOf, Address: d.Remote, Method: d.Method, Route: d.Route, Right: d.Right, Job: d.Job,
		Denied: d.Denied, Trial: d.Trial, Status: d.Status, Reason: d.Reason, Sequence: d.Sequence, RequestID: d.Request,
	})
}

// timeOf is when a record of the log was stored.
func (s *Service) timeOf(ctx context.Context, sequence uint64) (time.Time, error) {
	for rec, err := range s.opts.ReadLog.Read(ctx, sequence, sequence) {
		return rec.Time, err
	}
	return time.Time{}, fmt.Errorf("%w: nothing at %d", eventlog.ErrUnavailable, sequence)
}
