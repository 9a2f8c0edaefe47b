package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/milosgajdos/taurus/internal/projection"
)

// RunNow asks for a run of a periodic job, and returns the job that it is.
func (c *Client) RunNow(ctx context.Context, id, reason string) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/runs"), struct {
		Reason string `json:"reason,omitzero"`
	}{reason}, &j)
	return j, err
}

// Dispatch asks for a run of a job that is dispatched, and returns the job that it is.
// The key lets a repeated request be answered as the first; it may be empty.
func (c *Client) Dispatch(ctx context.Context, id string, parameters map[string]string, reason, key string) (projection.Job, error) {
	var j projection.Job
	err := c.postKeyed(ctx, jobPath(id, "/dispatch"), struct {
		Parameters map[string]string `json:"parameters,omitempty"`
		Reason     string            `json:"reason,omitzero"`
	}{parameters, reason}, key, &j)
	return j, err
}

// SteerSchedule pauses the schedule of a periodic job, or resumes it.
func (c *Client) SteerSchedule(ctx context.Context, id, action, reason string) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/schedule"), struct {
		Action string `json:"action"`
		Reason string `json:"reason,omitzero"`
	}{action, reason}, &j)
	return j, err
}

// Runs returns the newest runs of a job, limit at most; at as in Query.
func (c *Client) Runs(ctx context.Context, id, at string, limit int) (projection.Runs, error) {
	query := url.Values{"limit": {strconv.Itoa(min(limit, pageSize))}}
	set(query, "at", at)
	var all projection.Runs
	for {
		var page projection.Runs
		if err := c.get(ctx, jobPath(id, "/runs"), query, &page); err != nil {
			return all, err
		}
		page.Runs = append(all.Runs, page.Runs...)
		if all = page; page.Next == "" || len(all.Runs) >= limit {
			all.Runs = all.Runs[:min(len(all.Runs), limit)]
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// StopSchedule asks that no run of a job begins any more; those that go on go on.
func (c *Client) StopSchedule(ctx context.Context, id, reason string) (projection.Job, error) {
	var j projection.Job
	err := c.post(ctx, jobPath(id, "/stop"), struct {
		Reason   string `json:"reason,omitzero"`
		KeepRuns bool   `json:"keep_runs"`
	}{reason, true}, &j)
	return j, err
}
