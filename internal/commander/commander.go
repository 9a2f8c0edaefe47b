package commander

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Author is who asks for a command.
type Author = commanding.Author

// Options are what a Commander is given.
type Options struct {
	// Loop folds State and appends to Log. Nobody else runs it.
	Loop  *fold.Loop
	State *cluster.State
	// Log is asked how full it is, if it is an eventlog.Sized.
	Log eventlog.Log
	// Space builds subjects; it must be that of the log.
	Space events.Space
	// Instance is which process of the role this is, Source signs its events: that
	// of Loop.
	Instance, Source string
	// SettleWait is how long the log is given to show what became of an append
	// whose answer says too little; 0 is commanding.SettleWait.
	SettleWait time.Duration
	// WeighEvery is how often the log is asked how full it is, besides before
	// something new begins; 0 is never.
	WeighEvery time.Duration
	// Unset is what jobs may ask for while the log has no policy; nil is policy.Default.
	Unset *policy.Policy
	// Appended is called for each decision that was appended, or should have been,
	// by the loop's goroutine; it may be nil.
	Appended func(eventType string, stored bool)
}

// Commander carries out commands. It is safe for concurrent use.
type Commander struct {
	opt     Options
	machine *commanding.Machine
	// drop gives up the question how full the log is; only the loop's goroutine
	// touches it.
	drop context.CancelFunc
	// weighed is what is known of the log's space; nil before anything is.
	weighed atomic.Pointer[commanding.Weighed]

	mu      sync.Mutex
	tickets machine.Tickets
	waiting map[uint64]chan<- reply
	ended   error // Why nobody is answered any more; nil before the end.
}

// reply is what one who waits is told.
type reply struct {
	sequence uint64
	jobs     []string
	err      error
}

// New returns a commander; Run makes it answer. The error is that of the source
// of random numbers.
func New(opt Options) (*Commander, error) {
	nonce := make([]byte, 6)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	config := commanding.Config{
		Space: opt.Space, Instance: opt.Instance, Source: opt.Source, Nonce: hex.EncodeToString(nonce), SettleWait: opt.SettleWait,
		Unset: opt.Unset,
	}
	return &Commander{
		opt: opt, machine: commanding.New(config, opt.State), drop: func() {}, waiting: map[uint64]chan<- reply{},
	}, nil
}

// Run folds the log and carries out commands until ctx ends, or the log cannot be
// folded any further; it returns which. It is called once.
func (c *Commander) Run(ctx context.Context) error {
	weighing, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	if c.opt.WeighEvery > 0 {
		beside.Go(func() { carrier{c}.keepWeighing(weighing) })
	}
	err := c.opt.Loop.Run(ctx, c.machine, carrier{c})
	cancel()
	beside.Wait()
	err = cmp.Or(err, ctx.Err())
	c.end(fmt.Errorf("%w: %w", eventlog.ErrStopped, err))
	return err
}

// Space is what is known of the log's space, its zero value before anything is.
func (c *Commander) Space() commanding.Weighed {
	if w := c.weighed.Load(); w != nil {
		return *w
	}
	return commanding.Weighed{}
}

// end answers all who wait: those of whom the machine knows by what it knows.
func (c *Commander) end(why error) {
	c.mu.Lock()
	c.ended = why
	c.mu.Unlock()
	for _, e := range c.machine.Step(c.opt.Loop.Now(), commanding.Closed{Err: why}) {
		carrier{c}.Carry(context.Background(), e) // It asks for nothing any more that would take a context.
	}
	c.mu.Lock()
	left := slices.Collect(maps.Keys(c.waiting))
	c.mu.Unlock()
	for _, ticket := range left {
		c.tell(ticket, reply{err: why})
	}
}

// Do carries a command about a job out, and returns once it is folded: the
// sequence it made, or the newest one folded if it is so already. The commands
// about one job are carried out one after the other, and a lost race is decided again
// on what won it.
//
// Errors are those of submission.Decide, ErrNearlyFull, what the log said,
// eventlog.ErrConflict after many lost races, eventlog.ErrStopped, and those of
// ctx; eventlog.ErrOutcomeUnknown if ctx or the service ended before the log told.
func (c *Commander) Do(ctx context.Context, by Author, id string, command submission.Command) (sequence uint64, err error) {
	r := c.ask(ctx, func(ticket uint64) machine.Input {
		return commanding.Asked{Ticket: ticket, By: by, Job: id, Command: command}
	})
	return r.sequence, known(r.err)
}

// DoAgents carries a command about agents out, and returns as Do does.
func (c *Commander) DoAgents(ctx context.Context, by Author, command submission.AgentCommand) (sequence uint64, err error) {
	r := c.ask(ctx, func(ticket uint64) machine.Input {
		return commanding.Asked{Ticket: ticket, By: by, Agents: command}
	})
	return r.sequence, known(r.err)
}

// DoAccess carries a command about who may do what out, and returns as Do does. Errors
// are also those of access.Decide.
func (c *Commander) DoAccess(ctx context.Context, by Author, command access.Command) (sequence uint64, err error) {
	r := c.ask(ctx, func(ticket uint64) machine.Input {
		return commanding.Asked{Ticket: ticket, By: by, Access: command}
	})
	return r.sequence, known(r.err)
}

// ask gives the machine an input and returns its reply.
func (c *Commander) ask(ctx context.Context, input func(ticket uint64) machine.Input) reply {
	select {
	case <-c.opt.Loop.CaughtUp():
	case <-c.opt.Loop.Done():
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return reply{err: ctx.Err()}
	}
	ticket, replies, err := c.wait()
	if err != nil {
		return reply{err: err}
	}
	if !c.opt.Loop.Post(ctx, input(ticket)) && ctx.Err() != nil {
		c.tell(ticket, reply{err: ctx.Err()})
	}
	select {
	case r := <-replies:
		return r
	case <-ctx.Done():
	}
	// The loop runs and handles this, or it has ended and all are told so.
	c.opt.Loop.Post(context.WithoutCancel(ctx), commanding.Abandoned{Ticket: ticket, Err: ctx.Err()})
	return <-replies
}

// wait enters who waits for a reply.
func (c *Commander) wait() (uint64, <-chan reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return 0, nil, c.ended
	}
	ticket, replies := c.tickets.Next(), make(chan reply, 1)
	c.waiting[ticket] = replies
	return ticket, replies, nil
}

// tell replies to who waits, once.
func (c *Commander) tell(ticket uint64, r reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if replies, waits := c.waiting[ticket]; waits {
		replies <- r
		delete(c.waiting, ticket)
	}
}
