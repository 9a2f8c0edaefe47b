package client

import (
	"context"
	"net/http"

	"github.com/milosgajdos/taurus/internal/projection"
)

// Policy returns what jobs may ask for; at as in Query.
func (c *Client) Policy(ctx context.Context, at string) (projection.Policy, error) {
	var p projection.Policy
	err := c.get(ctx, "/v2/policy", moment(at), &p)
	return p, err
}

// CheckPolicy returns what the policy says of a job document, in a media type.
func (c *Client) CheckPolicy(ctx context.Context, document []byte, mediaType string) (projection.PolicyCheck, error) {
	var p projection.PolicyCheck
	header := http.Header{"Content-Type": {mediaType}}
	err := c.do(ctx, request{method: http.MethodPost, path: "/v2/policy/check", header: header, body: document}, &p)
	return p, err
}
