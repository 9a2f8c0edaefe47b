package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/projection"
)

// Feed chooses events.
type Feed struct {
	// Job leaves out the events of all other jobs; empty is all of them.
	Job string
	// From is the first sequence wanted; 0 is the first there is.
	From uint64
}

// reconnectEvery is the pause before a feed that broke is opened again.
const reconnectEvery = 500 * time.Millisecond

// maxLine bounds one line of a feed, in bytes: a job spec is the largest thing
// in an event.
const maxLine = 16 << 20

// Follow calls each for every event chosen, from the past into the future, until
// each returns an error, which it returns, or ctx ends. A feed that breaks is
// opened again behind the last event seen, so none is missed and none comes
// twice; lost, unless nil, is told why it broke. Only the first attempt's failure
// to reach the API is an error.
func (c *Client) Follow(ctx context.Context, f Feed, lost func(error), each func(projection.Event) error) error {
	var stop *stopError
	for opened := false; ; {
		err := c.follow(ctx, &f, &opened, each)
		switch {
		case errors.As(err, &stop):
			return stop.error
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !opened, !passing(err):
			return err
		}
		if lost != nil {
			lost(err)
		}
		t := time.NewTimer(reconnectEvery)
		select {
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}

// passing reports whether a failure may pass: the API is away or just starting, or has
// too much to do.
func passing(err error) bool {
	var p *Problem
	return !errors.As(err, &p) || p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
}

// stopError is an error of the callback, told from those of the feed.
type stopError struct{ error }

// follow reads one connection, and moves f.From on.
func (c *Client) follow(ctx context.Context, f *Feed, opened *bool, each func(projection.Event) error) error {
	query := url.Values{}
	set(query, "job", f.Job)
	query.Set("from", strconv.FormatUint(max(f.From, 1), 10))
	header := http.Header{"Accept": {"text/event-stream"}}
	resp, err := c.open(ctx, request{method: http.MethodGet, path: "/v2/events", query: query, header: header})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	*opened = true
	return frames(resp.Body, func(name string, data []byte) error {
		if name == "problem" {
			p := &Problem{}
			if err := json.Unmarshal(data, p); err != nil {
				return fmt.Errorf("%w: event feed: %w", ErrAnswer, err)
			}
			return p
		}
		var e projection.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("%w: event feed: %w", ErrAnswer, err)
		}
		if e.Sequence < f.From {
			return nil
		}
		f.From = e.Sequence + 1
		if err := each(e); err != nil {
			return &stopError{err}
		}
		return nil
	})
}

// frames reads server-sent events (WHATWG HTML, 9.2.6) and calls each for the
// name and the data of every one that has any. It returns io.ErrUnexpectedEOF at the end, as
// a feed has none.
func frames(r io.Reader, each func(name string, data []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var data []byte
	name := ""
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 {
			if len(data) > 0 {
				if err := each(name, data); err != nil {
					return err
				}
			}
			data, name = data[:0], ""
			continue
		}
		if text, ok := bytes.CutPrefix(line, []byte("event:")); ok {
			name = string(bytes.TrimPrefix(text, []byte(" ")))
		}
		if text, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if len(data) > 0 {
				data = append(data, '\n')
			}
			data = append(data, bytes.TrimPrefix(text, []byte(" "))...)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("event feed: %w", err)
	}
	return fmt.Errorf("event feed: %w", io.ErrUnexpectedEOF)
}

// Events returns the events of a job from a sequence on, as far as there are any.
func (c *Client) Events(ctx context.Context, id string, from uint64) ([]projection.Event, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	var all []projection.Event
	for {
		query.Set("from", strconv.FormatUint(from, 10))
		var page struct {
			Events []projection.Event `json:"events"`
			Next   uint64             `json:"next"`
		}
		if err := c.get(ctx, jobPath(id, "/events"), query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if page.Next <= from {
			return all, nil
		}
		from = page.Next
	}
}
