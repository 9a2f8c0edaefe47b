package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"strconv"
	"sync"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
)

// fleet is the agents of one process, which can be killed and started one by
// one. It implements fault.Agents.
type fleet struct {
	ctx     context.Context //nolint:containedctx // A fleet and all in it end together.
	members []*member
	running sync.WaitGroup

	mu sync.Mutex // of the members

	errMu sync.Mutex
	err   error // of the agents that ended by themselves
}

// member is one agent, by the name that patterns are matched with.
type member struct {
	name string
	addr string // once it has been started
	opts agent.Options
	stop context.CancelFunc // nil while it is killed
	done chan struct{}
}

func (f *fleet) add(name string, opts agent.Options) {
	f.members = append(f.members, &member{name: name, opts: opts})
}

// Kill ends agents as SIGKILL would: their tasks go on.
func (f *fleet) Kill(pattern string) error {
	return f.each(pattern, func(m *member) error {
		if m.stop != nil {
			m.stop()
			<-m.done
			m.stop = nil
		}
		return nil
	})
}

// Start starts those that do not run.
func (f *fleet) Start(pattern string) error { return f.each(pattern, f.start) }

func (f *fleet) start(m *member) error {
	if m.stop != nil {
		return nil
	}
	a, err := agent.New(m.opts)
	if err != nil {
		return err
	}
	m.addr = a.Addr()
	if _, port, err := net.SplitHostPort(m.addr); err == nil {
		m.opts.Port, _ = strconv.Atoi(port) // It keeps its port, as a configured one does.
	}
	ctx, stop := context.WithCancel(f.ctx)
	m.stop, m.done = stop, make(chan struct{})
	done := m.done
	f.running.Go(func() {
		defer close(done)
		if err := a.Run(ctx); err != nil {
			f.failed(fmt.Errorf("%s: %w", m.name, err))
		}
	})
	return nil
}

func (f *fleet) failed(err error) {
	f.errMu.Lock()
	defer f.errMu.Unlock()
	f.err = errors.Join(f.err, err)
}

func (f *fleet) each(pattern string, do func(*member) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, m := range f.members {
		byName, err := path.Match(pattern, m.name)
		if err != nil {
			return fmt.Errorf("agents: %w", err)
		}
		if byAddr, _ := path.Match(pattern, m.addr); byName || byAddr {
			errs = append(errs, do(m))
		}
	}
	return errors.Join(errs...)
}

// wait returns once all have ended.
func (f *fleet) wait() error {
	f.running.Wait()
	f.errMu.Lock()
	defer f.errMu.Unlock()
	return f.err
}
