package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// redirectMax bounds how many 307s are followed in a row; two masters may point
// at each other while they elect.
const redirectMax = 4

// detector finds the addresses where the leading master may be, best first.
type detector interface {
	Candidates(ctx context.Context) ([]string, error)
}

// staticMasters are base URLs from the configuration.
type staticMasters []string

// Candidates returns the list as configured.
func (s staticMasters) Candidates(context.Context) ([]string, error) { return s, nil }

func newDetector(cfg Config) (detector, error) {
	if cfg.Master == "" {
		return nil, &ConfigError{Field: "master", Reason: "missing; give host:port[,host:port] or zk://host:port/mesos"}
	}
	if strings.HasPrefix(cfg.Master, "zk://") {
		return newZooKeeper(cfg)
	}
	bases, err := baseURLs(cfg.Master, cfg.TLS.enabled())
	if err != nil {
		return nil, err
	}
	return staticMasters(bases), nil
}

// lead runs try against each candidate once, following redirects, until one
// takes it or refuses for a reason that another master would give as well.
func lead(ctx context.Context, d detector, try func(base string) error) error {
	candidates, err := d.Candidates(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, base := range candidates {
		err := follow(base, try)
		if err == nil || ctx.Err() != nil || !passes(err) {
			return err
		}
		failed = append(failed, fmt.Errorf("%s: %w", base, err))
	}
	return errors.Join(failed...)
}

// passes reports whether another master may do what this one did not.
func passes(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotLeader) || errors.Is(err, ErrProtocol)
}

func follow(base string, try func(base string) error) error {
	for range redirectMax {
		err := try(base)
		var call *CallError
		if !errors.As(err, &call) || !errors.Is(err, ErrNotLeader) {
			return err
		}
		if base, err = redirected(base, call); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: more than %d redirects", ErrUnavailable, redirectMax)
}

// redirected is the base URL that a 307 points to. The scheme stays: Mesos
// leaves it out, and credentials must not slip into plain text.
func redirected(base string, call *CallError) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("mesos: base URL: %w", err)
	}
	to, err := from.Parse(call.Location)
	if err != nil || to.Host == "" || call.Location == "" {
		return "", fmt.Errorf("%w: redirect to %q: %w", ErrProtocol, call.Location, call)
	}
	return from.Scheme + "://" + to.Host, nil
}
