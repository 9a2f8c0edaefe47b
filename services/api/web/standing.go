package web

import (
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// need is what an answer that goes on for long takes, all the time.
type need struct {
	about About
	job   string
	looks []access.Right
}

// lacks is the first of the rights that grants do not give, empty if they give all.
func (n need) lacks(g access.Grants) access.Right {
	i := slices.IndexFunc(n.looks, func(right access.Right) bool {
		if n.about.scope == ofJob || n.about.scope == ofCluster {
			return !g.May(right, n.job)
		}
		return !g.MayAny(right)
	})
	if i < 0 {
		return ""
	}
	return n.looks[i]
}

// Renew returns nil if who asks may still have the answer, by all that is folded, and
// otherwise why not. What they may do (May, Sees) is by that from then on.
func Renew(c echo.Context) error {
	r := RequestOf(c)
	if r.access == nil || !r.standing.outdated(r.now()) {
		return nil
	}
	standing, err := r.access.Standing(r.Principal)
	if err != nil {
		return &CredentialError{Reason: err}
	}
	r.standing, r.grants = standing, standing.Grants
	return r.short(r.need(), standing.Grants)
}

// need is what the request took.
func (r *Request) need() need { return need{about: r.about, job: r.aboutJob, looks: r.looks} }

// short is why grants are not enough, nil if they are.
func (r *Request) short(n need, g access.Grants) error {
	right := n.lacks(g)
	if right == "" {
		return nil
	}
	return r.hiddenBy(g, right, n.job)
}

// outdated reports whether it is to be asked again.
func (s Standing) outdated(now time.Time) bool {
	select {
	case <-s.Changed:
		return true
	default:
		return !s.Until.IsZero() && !now.Before(s.Until)
	}
}

// Watch calls lost once who asks may not have the answer any more, with why; it returns
// then, or when ctx ends. What Renew looks at is not touched.
func Watch(ctx context.Context, c echo.Context, lost func(error)) {
	r := RequestOf(c)
	if r.access == nil {
		return
	}
	n := r.need()
	n.looks = slices.Clone(n.looks)
	for {
		standing, err := r.access.Standing(r.Principal)
		if err != nil {
			lost(&CredentialError{Reason: err})
			return
		}
		if err := r.short(n, standing.Grants); err != nil {
			lost(err)
			return
		}
		if !r.wait(ctx, standing) {
			return
		}
	}
}

// wait waits until it is to be asked again; false if ctx ended before.
func (r *Request) wait(ctx context.Context, s Standing) bool {
	var over <-chan time.Time
	if !s.Until.IsZero() {
		timer := time.NewTimer(s.Until.Sub(r.now()))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-s.Changed:
	case <-over:
	case <-ctx.Done():
		return false
	}
	return true
}
