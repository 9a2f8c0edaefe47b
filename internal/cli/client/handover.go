package client

import (
	"context"
	"net/http"
)

// TypeNoHandover is the problem of a request that has no token to hand over.
const TypeNoHandover = "urn:taurus:problem:no-token"

// HandOver returns a code that the page gives back for the token of this client, once and
// within a minute.
func (c *Client) HandOver(ctx context.Context) (code string, err error) {
	var answer struct {
		Code string `json:"code"`
	}
	err = c.do(ctx, request{method: http.MethodPost, path: "/v2/handovers"}, &answer)
	return answer.Code, err
}
