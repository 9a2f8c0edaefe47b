package mesos

import (
	"context"
	"crypto/tls"
	"fmt"
)

// Client talks to whichever master leads.
type Client struct {
	cfg      Config
	tls      *tls.Config
	operator *doer
}

// NewClient makes a client. It connects to nothing; an error is a *ConfigError.
func NewClient(cfg Config) (*Client, error) {
	cfg, tlsConf, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	if cfg.masters == nil {
		return nil, &ConfigError{Field: "master", Reason: "missing; give host:port[,host:port] or zk://host:port/mesos"}
	}
	return &Client{cfg: cfg, tls: tlsConf, operator: newDoer(cfg, tlsConf, 0)}, nil
}

// Close closes idle connections of operator calls. Subscriptions have their own.
func (c *Client) Close() { c.operator.close() }

// Subscribe finds the leading master and returns once it has said SUBSCRIBED.
// Each candidate is tried once. The subscription ends with ctx, or by itself.
//
// Errors that match ErrUnavailable or ErrNotLeader are worth another try after
// a while. ErrFrameworkRemoved and ErrRefused are the master's decision;
// ErrUnauthenticated, a *HostError and a *CallError of another status are a matter
// of configuration.
func (c *Client) Subscribe(ctx context.Context, f Framework) (*Subscription, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	var sub *Subscription
	err := c.lead(ctx, func(base string) (err error) {
		sub, err = c.subscribeAt(ctx, base, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mesos: subscribe: %w", err)
	}
	return sub, nil
}
