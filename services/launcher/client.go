package launcher

import (
	"context"

	"github.com/milosgajdos/taurus/internal/mesos"
)

// Client makes a Mesos of taurus' own client.
func Client(c *mesos.Client) Mesos { return client{c} }

type client struct{ *mesos.Client }

// Subscribe wraps the subscription in the interface, without a typed nil.
func (c client) Subscribe(ctx context.Context, f mesos.Framework) (Subscription, error) {
	sub, err := c.Client.Subscribe(ctx, f)
	if err != nil {
		return nil, err
	}
	return sub, nil
}
