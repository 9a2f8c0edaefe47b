package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/milosgajdos/taurus/internal/projection"
)

// Output chooses what a task wrote.
type Output struct {
	Job  string
	Slot uint32
	// Attempt is 0 for the newest.
	Attempt uint32
	// File is stdout or stderr.
	File string
	// Offset is where to begin, in bytes.
	Offset int64
}

// Part is a part of what a task wrote, which begins at the offset asked for.
type Part struct {
	Data []byte
	// Size is that of all there is by now.
	Size int64
	// Attempt is the one that wrote it.
	Attempt uint32
}

// Logs returns a part of what a task wrote. It returns ErrNotFound while there is
// nothing.
func (c *Client) Logs(ctx context.Context, o Output) (part Part, err error) {
	query := url.Values{"offset": {strconv.FormatInt(o.Offset, 10)}}
	if o.Attempt > 0 {
		query.Set("attempt", strconv.FormatUint(uint64(o.Attempt), 10))
	}
	path := jobPath(o.Job, "/tasks/", strconv.FormatUint(uint64(o.Slot), 10), "/logs/", o.File)
	resp, err := c.open(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return part, err
	}
	defer resp.Body.Close()
	if part.Data, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return part, fmt.Errorf("read %s of %s/%d: %w", o.File, o.Job, o.Slot, err)
	}
	if part.Size, err = strconv.ParseInt(resp.Header.Get("X-Taurus-Size"), 10, 64); err != nil {
		return part, fmt.Errorf("%w: the size of %s is missing", ErrAnswer, o.File)
	}
	attempt, err := strconv.ParseUint(resp.Header.Get("X-Taurus-Attempt"), 10, 32)
	if err != nil {
		return part, fmt.Errorf("%w: the attempt of %s is missing", ErrAnswer, o.File)
	}
	part.Attempt = uint32(attempt)
	return part, nil
}

// Slot returns the attempts of a slot that matter, the newest last.
func (c *Client) Slot(ctx context.Context, id string, slot uint32) ([]projection.Task, error) {
	var v struct {
		Attempts []projection.Task `json:"attempts"`
	}
	err := c.get(ctx, jobPath(id, "/tasks/", strconv.FormatUint(uint64(slot), 10)), nil, &v)
	return v.Attempts, err
}
