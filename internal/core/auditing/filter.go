package auditing

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Filter chooses records. What is empty chooses all.
type Filter struct {
	// Actor is who asked, or for whom.
	Actor string
	// Job is the id of a job, or a pattern of ids as grants have.
	Job     string
	Outcome string
	// Since and Until are when the answers were given, both included.
	Since, Until time.Time
}

// Matches reports whether a record of an answer given at a time is chosen.
func (f Filter) Matches(at time.Time, ev events.RequestAnswered) bool {
	switch {
	case f.Actor != "" && f.Actor != ev.Principal && f.Actor != ev.OnBehalfOf,
		f.Job != "" && (ev.Job == "" || !access.Fits(f.Job, ev.Job)),
		f.Outcome != "" && f.Outcome != ev.Outcome,
		at.Before(f.Since),
		!f.Until.IsZero() && at.After(f.Until):
		return false
	}
	return true
}
