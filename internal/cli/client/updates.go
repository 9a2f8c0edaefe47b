package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// Plan is what would become of a job that is sent.
type Plan struct {
	Job string `json:"job"`
	projection.Update
	Spec *job.Spec `json:"spec,omitzero"`
	// Foreseen is what would happen; nil while no agent has offered anything.
	Foreseen *projection.Foreseen `json:"foreseen,omitzero"`
	Sequence uint64               `json:"sequence"`
	Warnings []job.Fault          `json:"warnings,omitempty"`
}

// Comparison is what differs between two versions of a job.
type Comparison struct {
	From     uint64       `json:"from"`
	To       uint64       `json:"to"`
	Changes  []job.Change `json:"changes"`
	Sequence uint64       `json:"sequence"`
}

// Put makes the job of an id as a document says: it updates one that runs, and submits
// one that does not. An API of before updates could only submit, and does.
func (c *Client) Put(ctx context.Context, id string, document []byte, mediaType string) (projection.Job, error) {
	var j projection.Job
	header := http.Header{"Content-Type": {mediaType}}
	err := c.do(ctx, request{method: http.MethodPut, path: jobPath(id), header: header, body: document}, &j)
	if p := new(Problem); errors.As(err, &p) && p.Status == http.StatusMethodNotAllowed {
		return c.Submit(ctx, document, mediaType)
	}
	return j, err
}

// Plan asks what Put would do.
func (c *Client) Plan(ctx context.Context, id string, document []byte, mediaType string) (Plan, error) {
	var p Plan
	header := http.Header{"Content-Type": {mediaType}}
	err := c.do(ctx, request{
		method: http.MethodPut, path: jobPath(id), query: url.Values{"dry_run": {"true"}}, header: header, body: document,
	}, &p)
	return p, err
}

// Versions are those of a job that are kept, the oldest first.
func (c *Client) Versions(ctx context.Context, id, at string) ([]projection.Version, error) {
	var list struct {
		Versions []projection.Version `json:"versions"`
	}
	err := c.get(ctx, jobPath(id, "/versions"), moment(at), &list)
	return list.Versions, err
}

// Version is one, by its number or its tag.
func (c *Client) Version(ctx context.Context, id, name, at string) (projection.Version, error) {
	var v projection.Version
	err := c.get(ctx, jobPath(id, "/versions/", url.PathEscape(name)), moment(at), &v)
	return v, err
}

// Diff compares two versions of a job, by number or tag; where they are empty, the newest
// and the one before it.
func (c *Client) Diff(ctx context.Context, id, from, to string) (Comparison, error) {
	query := url.Values{}
	set(query, "from", from)
	set(query, "to", to)
	var d Comparison
	err := c.get(ctx, jobPath(id, "/diff"), query, &d)
	return d, err
}

// Tag gives a version a name; an empty one takes it away.
func (c *Client) Tag(ctx context.Context, id, version, tag string) (projection.Version, error) {
	var v projection.Version
	body, err := json.Marshal(map[string]string{"tag": tag})
	if err != nil {
		return v, fmt.Errorf("tag: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	err = c.do(ctx, request{method: http.MethodPut, path: jobPath(id, "/versions/", url.PathEscape(version), "/tag"), header: header, body: body}, &v)
	return v, err
}

// Revert makes a job as a version of it was, by number or tag; empty is the one before
// what is wanted now.
func (c *Client) Revert(ctx context.Context, id, to string) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/revert"), struct {
		To string `json:"to,omitzero"`
	}{to}, &j)
	return j, err
}

// Restart replaces tasks of a job though nothing of what they run has changed: those of
// a group, or of slots, or all. The key lets a repeated request be answered as the first;
// it may be empty.
func (c *Client) Restart(ctx context.Context, id string, of Tasks, reason, key string) (projection.Job, error) {
	return c.toTasks(ctx, jobPath(id, "/restart"), toTasks{Group: of.Group, Slots: of.Slots, Reason: reason}, key)
}

// Kill has tasks of a job killed at once: those of slots, of a group, or all. With
// scaleDown the slots go for good, and their group has so many fewer.
func (c *Client) Kill(ctx context.Context, id string, of Tasks, scaleDown bool, reason, key string) (projection.Job, error) {
	return c.toTasks(ctx, jobPath(id, "/kill"), toTasks{Group: of.Group, Slots: of.Slots, Reason: reason, ScaleDown: scaleDown}, key)
}

// Tasks names tasks of a job: those of slots, of a group, or all.
type Tasks struct {
	Group string
	Slots []uint32
}

type toTasks struct {
	Group     string   `json:"group,omitzero"`
	Slots     []uint32 `json:"slots,omitempty"`
	Reason    string   `json:"reason,omitzero"`
	ScaleDown bool     `json:"scale_down,omitzero"`
}

func (c *Client) toTasks(ctx context.Context, path string, of toTasks, key string) (projection.Job, error) {
	var j projection.Job
	err := c.postKeyed(ctx, path, of, key, &j)
	return j, err
}

// Rollout tells how far the rollout of a job is; at as in Query.
func (c *Client) Rollout(ctx context.Context, id, at string) (projection.RolloutDetail, error) {
	var r projection.RolloutDetail
	err := c.get(ctx, jobPath(id, "/rollout"), moment(at), &r)
	return r, err
}

// Steer asks something of the rollout of a job.
func (c *Client) Steer(ctx context.Context, id, action, to, reason string) (projection.RolloutDetail, error) {
	var r projection.RolloutDetail
	err := c.post(ctx, jobPath(id, "/rollout"), struct {
		Action string `json:"action"`
		To     string `json:"to,omitzero"`
		Reason string `json:"reason,omitzero"`
	}{action, to, reason}, &r)
	return r, err
}
