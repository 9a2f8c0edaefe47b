package reaper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

// askAgainAfter is how long a master that the configuration does not name is left
// alone, before it is asked again whether it does: ZooKeeper may come to.
const askAgainAfter = 10 * time.Second

// ErrUnnamed is returned by Ready while the log has kills sent to a master that the
// configuration does not name.
var ErrUnnamed = errors.New("no kill is sent to the Mesos master in the log")

// naming compares the master that the log names with those that the configuration
// does, and has kills wait while it is none of them.
type naming struct {
	killer  Killer
	logger  zerolog.Logger
	unnamed prometheus.Gauge
	moved   chan struct{} // Signalled after master has changed.

	mu     sync.Mutex
	master string // That of the newest subscription, empty before there is one.
	err    error  // Why nothing may be sent to it.
}

func newNaming(opt Options) *naming {
	return &naming{
		killer: opt.Killer, logger: opt.Logger, moved: make(chan struct{}, 1),
		unnamed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taurus_unnamed_master", Help: "1 while the log has kills sent to a Mesos master that the configuration does not name, so that they wait; else 0.",
			ConstLabels: prometheus.Labels{"role": "reaper"},
		}),
	}
}

// aiming is the machine, with an eye on where its kills go once the log is replayed.
type aiming struct {
	*reaping.Machine
	naming   *naming
	caughtUp bool
	master   string // What naming was told last.
}

// Step implements machine.Machine.
func (a *aiming) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := a.Machine.Step(at, in)
	if _, ok := in.(machine.CaughtUp); ok {
		a.caughtUp = true
	}
	if master := a.Target().Master; a.caughtUp && master != a.master {
		a.master = master
		a.naming.aim(master)
	}
	return effects
}

// aim notes the master that kills go to from now on.
func (n *naming) aim(master string) {
	n.mu.Lock()
	n.master = master
	n.mu.Unlock()
	select {
	case n.moved <- struct{}{}:
	default:
	}
}

// ready returns nil, or why nothing is killed.
func (n *naming) ready() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnnamed, n.err)
}

// run asks about every master that the log names, until ctx ends, and tells the
// machine through post.
func (n *naming) run(ctx context.Context, post func(context.Context, machine.Input)) {
	again := time.NewTicker(askAgainAfter)
	defer again.Stop()
	barred := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.moved:
		case <-again.C:
			if barred == "" {
				continue
			}
		}
		n.mu.Lock()
		master := n.master
		n.mu.Unlock()
		err := n.killer.Named(ctx, master)
		if ctx.Err() != nil {
			return
		}
		was := barred
		barred = ""
		if err != nil {
			barred = master
		}
		n.tell(master, was, err)
		if barred != was {
			post(ctx, reaping.Barred{Master: barred})
		}
	}
}

// tell makes known what was found out; was is the master barred before.
func (n *naming) tell(master, was string, err error) {
	n.mu.Lock()
	n.err = err
	n.mu.Unlock()
	switch {
	case err != nil:
		n.unnamed.Set(1)
		if was != master {
			n.logger.Error().Err(err).Str("master", master).Msg("the log has kills sent to a Mesos master that the configuration does not name; kills wait")
		}
	default:
		n.unnamed.Set(0)
		if was != "" {
			n.logger.Info().Str("master", master).Msg("the log has kills sent to a Mesos master that the configuration names; they go on")
		}
	}
}
