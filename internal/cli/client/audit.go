package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/milosgajdos/taurus/internal/core/auditing"
)

// AuditQuery chooses records of who did what. What is empty chooses all.
type AuditQuery struct {
	// Actor is who asked, or for whom; Job an id, or a beginning of ids and an asterisk.
	Actor, Job string
	Outcome    string
	// Since and Until are times of RFC 3339, At a moment as in Query.
	Since, Until, At string
}

// Audit returns the newest records that a query chooses, limit at most.
func (c *Client) Audit(ctx context.Context, q AuditQuery, limit int) (auditing.Page, error) {
	query := url.Values{"limit": {strconv.Itoa(min(limit, pageSize))}}
	for name, value := range map[string]string{
		"actor": q.Actor, "job": q.Job, "outcome": q.Outcome, "since": q.Since, "until": q.Until, "at": q.At,
	} {
		set(query, name, value)
	}
	all := auditing.Page{Records: []auditing.Entry{}}
	for {
		var page auditing.Page
		if err := c.get(ctx, "/v2/audit", query, &page); err != nil {
			return all, err
		}
		all.Records, all.Next = append(all.Records, page.Records...), page.Next
		if n := len(all.Records); n > limit {
			all.Records, all.Next = all.Records[:limit], all.Records[limit].Record+1
		}
		if page.Next == 0 || len(all.Records) == limit {
			return all, nil
		}
		query.Set("before", strconv.FormatUint(page.Next, 10))
	}
}
