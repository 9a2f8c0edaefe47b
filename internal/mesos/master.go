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

// newDetector makes the detector of Config.Master, which is not empty.
func newDetector(cfg Config) (detector, error) {
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
// takes it or refuses for a reason that another master would give as well. Hosts
// that the configuration names go first: a master may call itself otherwise than
// the configuration does. Others are asked only if nothing speaks against it.
func (c *Client) lead(ctx context.Context, try func(base string) error) error {
	candidates, err := c.cfg.masters.Candidates(ctx)
	if err != nil {
		return err
	}
	guard := c.cfg.guard
	err = each(ctx, candidates, try, guard.names)
	if unnamed := new(HostError); guard.strict || ctx.Err() != nil || !errors.As(err, &unnamed) {
		return err
	}
	return each(ctx, candidates, try, guard.check)
}

// each goes through the candidates; may says where a redirect may lead.
func each(ctx context.Context, candidates []string, try func(base string) error, may func(context.Context, *url.URL) error) error {
	var failed []error
	for _, base := range candidates {
		err := follow(ctx, base, try, may)
		if err == nil || ctx.Err() != nil || !passes(err) {
			return err
		}
		failed = append(failed, fmt.Errorf("%s: %w", base, err))
	}
	return errors.Join(failed...)
}

// passes reports whether another master may do what this one did not. That
// includes one that redirects to where nothing may be sent: the leader may be
// among the others.
func passes(err error) bool {
	var host *HostError
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotLeader) || errors.Is(err, ErrProtocol) || errors.As(err, &host)
}

func follow(ctx context.Context, base string, try func(base string) error, may func(context.Context, *url.URL) error) error {
	for range redirectMax {
		err := try(base)
		var call *CallError
		if !errors.As(err, &call) || !errors.Is(err, ErrNotLeader) {
			return err
		}
		to, err := redirected(base, call)
		if err == nil {
			err = may(ctx, to)
		}
		if err != nil {
			return fmt.Errorf("redirected by %s: %w", base, err)
		}
		base = to.String()
	}
	return fmt.Errorf("%w: more than %d redirects", ErrUnavailable, redirectMax)
}

// redirected is the base URL that a 307 points to. Mesos leaves the scheme out,
// and it stays then. From TLS nothing leads back into the clear.
func redirected(base string, call *CallError) (*url.URL, error) {
	from, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("mesos: base URL: %w", err)
	}
	to, err := from.Parse(call.Location)
	if err != nil || to.Host == "" || call.Location == "" || to.Scheme != "http" && to.Scheme != "https" {
		return nil, fmt.Errorf("%w: redirect to %q: %w", ErrProtocol, call.Location, call)
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, &HostError{Host: to.Host, Err: ErrCleartext}
	}
	return &url.URL{Scheme: to.Scheme, Host: to.Host}, nil
}
