package mesos

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// askAgainAfter is how long ZooKeeper's answer stands for a host that was not in
// it, so that many kills for one stranger do not become as many sessions.
const askAgainAfter = time.Second

// advertised are the masters that ZooKeeper spoke of last.
type advertised struct {
	asking sync.Mutex // Held while ZooKeeper is asked for all.

	mu    sync.Mutex
	hosts hosts
	asked time.Time // When it was last asked for all.
	err   error     // Why that failed.
}

// add is for one that was read by itself.
func (a *advertised) add(bases []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, to := range addressesOf(bases) {
		if !a.hosts.allowed(to) {
			a.hosts = append(a.hosts, anyScheme(to))
		}
	}
}

// replace is for all of them, or why they could not be read: then what is known
// stands.
func (a *advertised) replace(bases []string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked, a.err = time.Now(), err
	if err != nil {
		return
	}
	a.hosts = nil
	for _, to := range addressesOf(bases) {
		a.hosts = append(a.hosts, anyScheme(to))
	}
}

// look reports whether a host is among them. For one that is not, old reports
// whether they are to be read again; otherwise err is why they could not be read.
func (a *advertised) look(to address) (known, old bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hosts.allowed(to) {
		return true, false, nil
	}
	return false, time.Since(a.asked) >= askAgainAfter, a.err
}

// advertises reports whether ZooKeeper speaks of a master at an address. It is
// asked only about one that it did not speak of before.
func (z *zooKeeper) advertises(ctx context.Context, to address) (bool, error) {
	if known, old, err := z.known.look(to); !old {
		return known, err
	}
	z.known.asking.Lock()
	defer z.known.asking.Unlock()
	if known, old, err := z.known.look(to); !old {
		return known, err
	}
	bases, err := z.ask(ctx, z.readAll)
	if ctx.Err() != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx)) // That says nothing about ZooKeeper.
	}
	z.known.replace(bases, err)
	known, _, err := z.known.look(to)
	return known, err
}

func addressesOf(bases []string) []address {
	var all []address
	for _, base := range bases {
		if u, err := url.Parse(base); err == nil {
			all = append(all, addressOf(u))
		}
	}
	return all
}

// anyScheme is the pattern of a master: ZooKeeper does not say whether it has TLS.
func anyScheme(a address) pattern {
	p := exactly(a)
	p.scheme = ""
	return p
}
