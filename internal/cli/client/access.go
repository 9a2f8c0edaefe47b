package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/projection"
)

// NewToken is a token that was made, with its secret, which nobody is told again.
type NewToken struct {
	projection.TokenView

	Token string `json:"token"`
}

// Tokens returns the tokens that are known; at as in Query.
func (c *Client) Tokens(ctx context.Context, at string) ([]projection.TokenView, error) {
	var list struct {
		Tokens []projection.TokenView `json:"tokens"`
	}
	err := c.get(ctx, "/v2/tokens", moment(at), &list)
	return list.Tokens, err
}

// CreateToken creates a token of an owner; expires is a time of RFC 3339, or "never".
func (c *Client) CreateToken(ctx context.Context, owner string, roles []string, expires string) (made NewToken, err error) {
	err = c.post(ctx, "/v2/tokens", struct {
		Owner   string   `json:"owner"`
		Roles   []string `json:"roles"`
		Expires string   `json:"expires"`
	}{owner, roles, expires}, &made)
	return made, err
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, id, reason string) (t projection.TokenView, err error) {
	query := url.Values{}
	set(query, "reason", reason)
	err = c.do(ctx, request{method: http.MethodDelete, path: "/v2/tokens/" + url.PathEscape(id), query: query}, &t)
	return t, err
}

// Roles returns the roles that there are; at as in Query.
func (c *Client) Roles(ctx context.Context, at string) ([]projection.RoleView, error) {
	var list struct {
		Roles []projection.RoleView `json:"roles"`
	}
	err := c.get(ctx, "/v2/roles", moment(at), &list)
	return list.Roles, err
}

// SetRole sets what a role gives.
func (c *Client) SetRole(ctx context.Context, name string, grants []projection.GrantView) (r projection.RoleView, err error) {
	err = c.put(ctx, "/v2/roles/"+url.PathEscape(name), struct {
		Grants []projection.GrantView `json:"grants"`
	}{grants}, &r)
	return r, err
}

// RemoveRole removes a role.
func (c *Client) RemoveRole(ctx context.Context, name string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: "/v2/roles/" + url.PathEscape(name)}, nil)
}

// Groups returns the groups that have roles; at as in Query.
func (c *Client) Groups(ctx context.Context, at string) ([]projection.GroupView, error) {
	var list struct {
		Groups []projection.GroupView `json:"groups"`
	}
	err := c.get(ctx, "/v2/groups", moment(at), &list)
	return list.Groups, err
}

// BindGroup sets which roles a group has.
func (c *Client) BindGroup(ctx context.Context, name string, roles []string) (g projection.GroupView, err error) {
	err = c.put(ctx, "/v2/groups/"+url.PathEscape(name), struct {
		Roles []string `json:"roles"`
	}{roles}, &g)
	return g, err
}

func (c *Client) put(ctx context.Context, path string, v, answer any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return c.do(ctx, request{method: http.MethodPut, path: path, header: header, body: body}, answer)
}
