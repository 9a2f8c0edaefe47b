package client

import (
	"context"
	"time"
)

// Me is who asks, as the API sees them, and what they may do.
type Me struct {
	Name string `json:"name"`
	// By is how that was found out: token, certificate, oidc or anonymous.
	By string `json:"by"`
	// Token is the id of the token, if it is one.
	Token  string   `json:"token,omitzero"`
	Roles  []string `json:"roles"`
	Groups []string `json:"groups,omitempty"`
	// Grants are what all of these give.
	Grants []Grant `json:"grants"`
	// Expires is when it is over; zero for never.
	Expires time.Time `json:"expires,omitzero"`
}

// Grant is rights on the jobs that some of its patterns fit.
type Grant struct {
	Rights []string `json:"rights"`
	Jobs   []string `json:"jobs"`
}

// WhoAmI asks who it is that asks.
func (c *Client) WhoAmI(ctx context.Context) (me Me, err error) {
	err = c.get(ctx, "/v2/whoami", nil, &me)
	return me, err
}
