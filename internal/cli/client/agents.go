package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
)

type agentList struct {
	Agents []projection.AgentView `json:"agents"`
}

// Agents returns the agents that are known; at as in Query.
func (c *Client) Agents(ctx context.Context, at string) ([]projection.AgentView, error) {
	list := agentList{Agents: []projection.AgentView{}}
	err := c.get(ctx, "/v2/agents", moment(at), &list)
	return list.Agents, err
}

// Drain asks for tasks to leave a host, or an agent, and returns its agents.
func (c *Client) Drain(ctx context.Context, host, reason string, deadline time.Time) ([]projection.AgentView, error) {
	var list agentList
	err := c.post(ctx, drainPath(host), struct {
		Reason   string    `json:"reason,omitzero"`
		Deadline time.Time `json:"deadline,omitzero"`
	}{reason, deadline}, &list)
	return list.Agents, err
}

// Undrain lets a host, or an agent, have tasks again, and returns its agents.
func (c *Client) Undrain(ctx context.Context, host, reason string) ([]projection.AgentView, error) {
	var list agentList
	query := url.Values{}
	set(query, "reason", reason)
	err := c.do(ctx, request{method: http.MethodDelete, path: drainPath(host), query: query}, &list)
	return list.Agents, err
}

func drainPath(host string) string { return "/v2/agents/" + url.PathEscape(host) + "/drain" }
