package v2

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// eventList is a page of the events about a job.
type eventList struct {
	Events []projection.Event `json:"events"`
	// Next is the sequence to go on with (?from=), absent on the last page.
	Next     uint64 `json:"next,omitzero"`
	Sequence uint64 `json:"sequence"`
}

// ofJob is the history of a job, deleted ones too: a page, or a feed for
// those that accept one.
func (f *feeds) ofJob(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	if err := f.reader.WaitAfter(c); err != nil {
		return err
	}
	if !f.live.Seen(id) {
		return submission.ErrNotFound
	}
	types, err := types(c)
	if err != nil {
		return err
	}
	filter := projection.Filter{Job: id, Types: types}
	if wantsFeed(c.Request()) {
		if c.QueryParam("at") != "" {
			return web.BadParam("at", "a feed has no end; leave it out, or accept application/json")
		}
		return f.follow(c, filter, 1)
	}
	list, err := f.eventPage(c, filter)
	if err != nil {
		return err
	}
	web.SetSequence(c, list.Sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

// wantsFeed reports whether a client would rather have a feed than a page (RFC
// 9110, 12.5.1); a page is for those that do not say.
func wantsFeed(r *http.Request) bool {
	var feed, page float64
	for part := range strings.SplitSeq(strings.Join(r.Header.Values(echo.HeaderAccept), ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			quality = 1
		}
		switch media {
		case "text/event-stream":
			feed = quality
		case web.JSONType:
			page = quality
		}
	}
	return feed > 0 && feed >= page
}

// eventPage reads the events that filter chooses of one job.
func (f *feeds) eventPage(c echo.Context, filter projection.Filter) (list eventList, err error) {
	ctx := c.Request().Context()
	limit, errLimit := web.Number(c, "limit", 1, eventsPageMax, eventsPage)
	from, errFrom := web.Number(c, "from", 0, 1<<63, 0)
	if err := web.BadParams(errLimit, errFrom); err != nil {
		return list, err
	}
	list.Events, list.Sequence = []projection.Event{}, f.live.Sequence()
	if at := c.QueryParam("at"); at != "" {
		then, err := f.reader.SequenceOf(ctx, at)
		if err != nil {
			return list, err
		}
		if then > list.Sequence {
			return list, fmt.Errorf("%w: %d, the last is %d", projection.ErrNotYet, then, list.Sequence)
		}
		list.Sequence = then
	}
	return list, f.fill(ctx, &list, filter, from, int(limit))
}

// fill reads on until a page has limit events, or as many bytes as a page may have, or
// there are no more.
func (f *feeds) fill(ctx context.Context, list *eventList, filter projection.Filter, from uint64, limit int) error {
	chunk, room := limit, projection.PageBytes
	if len(filter.Types) > 0 {
		chunk = eventsPageMax
	}
	for {
		some, next, err := f.live.JobEvents(ctx, filter.Job, from, list.Sequence, chunk)
		if err != nil {
			return err
		}
		for i := range some {
			ev := &some[i]
			if !filter.Matches(*ev) {
				continue
			}
			if len(list.Events) == limit || room <= 0 {
				list.Next = ev.Sequence
				return nil
			}
			list.Events = append(list.Events, *ev)
			room -= ev.Size()
		}
		if next == 0 || len(list.Events) == limit || room <= 0 {
			list.Next = next
			return nil
		}
		from = next
	}
}
