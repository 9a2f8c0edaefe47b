package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/projection"
)

// pageSize is how many entries are asked for at once.
const pageSize = 200

// Query chooses jobs.
type Query struct {
	// States are states of jobs, none for all.
	States []string
	// Labels is a selector such as "team=web,canary!=true".
	Labels string
	// At is a moment: a sequence or a time of RFC 3339; empty is now.
	At string
}

// Submit submits a job document as it is, in a media type.
func (c *Client) Submit(ctx context.Context, document []byte, mediaType string) (projection.Job, error) {
	var j projection.Job
	header := http.Header{"Content-Type": {mediaType}}
	err := c.do(ctx, request{method: http.MethodPost, path: "/v2/jobs", header: header, body: document}, &j)
	return j, err
}

// Jobs returns the jobs that a query chooses, all pages of them.
func (c *Client) Jobs(ctx context.Context, q Query) ([]projection.Job, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	set(query, "state", strings.Join(q.States, ","))
	set(query, "label", q.Labels)
	set(query, "at", q.At)
	all := []projection.Job{}
	for {
		var page struct {
			Jobs []projection.Job `json:"jobs"`
			Next string           `json:"next"`
		}
		if err := c.get(ctx, "/v2/jobs", query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Jobs...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// Job returns a job; at as in Query.
func (c *Client) Job(ctx context.Context, id, at string) (projection.Job, error) {
	var j projection.Job
	err := c.get(ctx, jobPath(id), moment(at), &j)
	return j, err
}

// Tasks returns the tasks of a job, all pages of them; at as in Query.
func (c *Client) Tasks(ctx context.Context, id, at string) ([]projection.Task, error) {
	query := moment(at)
	query.Set("limit", strconv.Itoa(pageSize))
	all := []projection.Task{}
	for {
		var page struct {
			Tasks []projection.Task `json:"tasks"`
			Next  *uint32           `json:"next"`
		}
		if err := c.get(ctx, jobPath(id, "/tasks"), query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Tasks...)
		if page.Next == nil {
			return all, nil
		}
		query.Set("cursor", strconv.FormatUint(uint64(*page.Next), 10))
	}
}

// Scale changes how many tasks of a group are wanted.
func (c *Client) Scale(ctx context.Context, id, group string, replicas uint32) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/scale"), struct {
		Group    string `json:"group"`
		Replicas uint32 `json:"replicas"`
	}{group, replicas}, &j)
	return j, err
}

// Stop asks that nothing of a job runs.
func (c *Client) Stop(ctx context.Context, id, reason string) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/stop"), struct {
		Reason string `json:"reason,omitzero"`
	}{reason}, &j)
	return j, err
}

// Delete takes a job that is over out of the lists.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: jobPath(id)}, nil)
}

// Explain says why a job is as it is; at as in Query.
func (c *Client) Explain(ctx context.Context, id, at string) (projection.Explanation, error) {
	var e projection.Explanation
	err := c.get(ctx, jobPath(id, "/explain"), moment(at), &e)
	return e, err
}

// Agents names agents: those on a host, or those with an attribute.
type Agents struct {
	Host      string `json:"host,omitzero"`
	Attribute string `json:"attribute,omitzero"`
	Value     string `json:"value,omitzero"`
}

// Scaling is another number of tasks.
type Scaling struct {
	Job      string `json:"job"`
	Group    string `json:"group,omitzero"`
	Replicas uint32 `json:"replicas"`
}

// Supposing is what would be different.
type Supposing struct {
	Run   jsontext.Value `json:"run,omitzero"`
	Scale *Scaling       `json:"scale,omitzero"`
	Drain *Agents        `json:"drain,omitzero"`
	Lose  *Agents        `json:"lose,omitzero"`
}

// WhatIf tells what would happen.
func (c *Client) WhatIf(ctx context.Context, s Supposing) (projection.Foreseen, error) {
	var f projection.Foreseen
	err := c.post(ctx, "/v2/whatif", s, &f)
	return f, err
}

// Cluster returns the view of the whole; at as in Query.
func (c *Client) Cluster(ctx context.Context, at string) (projection.Cluster, error) {
	var v projection.Cluster
	err := c.get(ctx, "/v2/cluster", moment(at), &v)
	return v, err
}

// post sends v and decodes the answer into answer.
func (c *Client) post(ctx context.Context, path string, v, answer any) error {
	return c.postKeyed(ctx, path, v, "", answer)
}

// postKeyed is post with an idempotency key, which may be empty.
func (c *Client) postKeyed(ctx context.Context, path string, v any, key string, answer any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return c.do(ctx, request{method: http.MethodPost, path: path, header: header, body: body}, answer)
}

func moment(at string) url.Values {
	query := url.Values{}
	set(query, "at", at)
	return query
}

func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}
