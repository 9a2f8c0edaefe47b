package commander

import (
	"context"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// carrier carries out what the machine wants done, but for appends, which the
// loop does.
type carrier struct{ *Commander }

// Carry implements fold.Carrier.
func (c carrier) Carry(ctx context.Context, e machine.Effect) {
	switch e := e.(type) {
	case commanding.Answer:
		c.tell(e.Ticket, reply{sequence: e.Sequence, err: e.Err})
	case commanding.Survey:
		c.tell(e.Ticket, reply{sequence: e.Sequence, jobs: e.Jobs})
	case commanding.Count:
		if c.opt.Appended != nil {
			c.opt.Appended(e.Type, e.Stored)
		}
	case commanding.AskUsage:
		asking, drop := context.WithCancel(ctx)
		c.drop = drop
		go func() {
			defer drop()
			share, err := c.usage(asking)
			c.opt.Loop.Post(ctx, commanding.Usage{Ticket: e.Ticket, Share: share, Err: err})
		}()
	case commanding.DropUsage:
		c.drop()
	}
}

// usage is which share of its space the log has used.
func (c carrier) usage(ctx context.Context) (float64, error) {
	sized, ok := c.opt.Log.(eventlog.Sized)
	if !ok {
		return 0, nil
	}
	u, err := sized.Usage(ctx)
	return u.Share(), err
}
