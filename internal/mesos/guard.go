package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// guard keeps requests, and with them credentials, away from hosts that the
// configuration does not name: where a request goes may be told by a master that
// redirects, or by a record of the log.
type guard struct {
	named hosts
	// strict reports whether other hosts are refused.
	strict bool
	// secure reports whether nothing may go in the clear.
	secure bool
	// masters tells those that ZooKeeper advertises; nil without ZooKeeper.
	masters *zooKeeper
}

// newGuard makes the guard of a complete configuration with its detector, which is
// nil without a master.
func newGuard(cfg Config, d detector) (*guard, error) {
	named, err := parseHosts(cfg.Hosts)
	if err != nil {
		return nil, err
	}
	g := &guard{
		strict: len(named) > 0 || cfg.credentials(),
		secure: cfg.TLS.enabled(),
		named:  named,
	}
	switch d := d.(type) {
	case *zooKeeper:
		g.masters = d
	case staticMasters:
		for _, base := range d {
			u, err := url.Parse(base)
			if err != nil {
				return nil, &ConfigError{Field: "master", Reason: withoutURL(err)}
			}
			if g.secure && u.Scheme != "https" {
				return nil, &ConfigError{Field: "master", Reason: fmt.Sprintf("%s is in the clear, but TLS is configured; use https:// or leave the scheme out", base)}
			}
			g.named = append(g.named, exactly(addressOf(u)))
		}
	}
	return g, nil
}

// credentials reports whether there is something to show to Mesos. The key of a
// certificate stays here, but the certificate tells who we are.
func (c Config) credentials() bool { return c.Secret != "" || c.TLS.CertFile != "" }

// check returns nil if a request may go to a URL, otherwise a *HostError. It may
// ask ZooKeeper.
func (g *guard) check(ctx context.Context, u *url.URL) error {
	if g.secure && addressOf(u).scheme != "https" {
		return &HostError{Host: u.Host, Err: ErrCleartext}
	}
	if !g.strict {
		return nil
	}
	return g.names(ctx, u)
}

// names returns nil if the configuration names the host of a URL, itself or by way
// of ZooKeeper, otherwise a *HostError.
func (g *guard) names(ctx context.Context, u *url.URL) error {
	to := addressOf(u)
	if g.named.allowed(to) {
		return nil
	}
	if g.masters == nil {
		return &HostError{Host: u.Host, Err: ErrHostNotNamed}
	}
	advertised, err := g.masters.advertises(ctx, to)
	switch {
	case err != nil:
		return &HostError{Host: u.Host, Err: fmt.Errorf("%w, and whether it is a master is not known: %w", ErrHostNotNamed, err)}
	case !advertised:
		return &HostError{Host: u.Host, Err: ErrHostNotNamed}
	}
	return nil
}

// checkBase returns nil if a base URL that others made is one, and requests may go
// there.
func (g *guard) checkBase(ctx context.Context, base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("%w: address: %s", ErrProtocol, withoutURL(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(base, "#") {
		return fmt.Errorf("%w: address %q is not http://host:port", ErrProtocol, u.Redacted())
	}
	return g.check(ctx, u)
}

// HostError says that a request was not sent, because of the host it would go to.
type HostError struct {
	// Host is host:port, as whoever named it wrote it.
	Host string
	// Err is ErrHostNotNamed or ErrCleartext, perhaps with more about it.
	Err error
}

// Error names the host and the settings that would let it be asked.
func (e *HostError) Error() string {
	if errors.Is(e.Err, ErrCleartext) {
		return fmt.Sprintf("%v: %q would be asked by http", e.Err, e.Host)
	}
	return fmt.Sprintf("%v: %q is neither in --master nor in --mesos-hosts", e.Err, e.Host)
}

// Unwrap returns why.
func (e *HostError) Unwrap() error { return e.Err }
