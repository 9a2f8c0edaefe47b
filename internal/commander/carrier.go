package commander

import (
	"context"
	"time"

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
			c.weigh(ctx, asking, e.Ticket)
		}()
	case commanding.DropUsage:
		c.drop()
	case commanding.Weighed:
		c.weighed.Store(&e)
	}
}

// weigh asks the log how full it is, and tells the machine.
func (c carrier) weigh(ctx, asking context.Context, ticket uint64) {
	sized, ok := c.opt.Log.(eventlog.Sized)
	if !ok {
		c.opt.Loop.Post(ctx, commanding.Usage{Ticket: ticket})
		return
	}
	u, err := sized.Usage(asking)
	c.opt.Loop.Post(ctx, commanding.Usage{Ticket: ticket, Bytes: u.Bytes, MaxBytes: u.MaxBytes, Err: err})
}

// keepWeighing tells the machine every so often how full the log is.
func (c carrier) keepWeighing(ctx context.Context) {
	tick := time.NewTicker(c.opt.WeighEvery)
	defer tick.Stop()
	for {
		c.weigh(ctx, ctx, 0)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
