package presence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// LookEvery is how often a watch looks.
	LookEvery = 5 * time.Second
	// MissingAfter is how long nobody of a role may be seen before it counts as
	// missing: one that is started again is back before that.
	MissingAfter = 10 * time.Second
	// UnknownAfter is how long ago a watch may have looked for it to know anything.
	UnknownAfter = 30 * time.Second
	// StaleAfter is how long a key may be there that nobody renews, before who made it
	// counts as gone: a store that takes nothing more does not let keys run out either.
	StaleAfter = 2 * TTL
	// lookSoon is how often a watch looks while somebody is not able: that may be of a
	// moment, such as a start.
	lookSoon = time.Second
	// goneKept is how many that are gone are remembered, the newest.
	goneKept = 256
)

// Seen is a process that is there, or was.
type Seen struct {
	ready.Report
	// Here reports whether it is there, Last when it was last heard of.
	Here bool
	Last time.Time
	// Unreadable says why nothing is known of it but that it is there.
	Unreadable string
}

// Watch looks who is there and remembers who was. It is safe for concurrent use.
type Watch struct {
	store  eventlog.Presence
	now    func() time.Time
	logger zerolog.Logger
	begun  time.Time

	mu     sync.Mutex
	looked time.Time
	// resumed is when it could see again after it could not: those that are there
	// may not have renewed since.
	resumed time.Time
	err     error
	seen    map[who]*sight
}

type who struct{ role, name string }

// sight is a process with the time that its store took its last words, by the
// store's clock.
type sight struct {
	Seen
	at time.Time
}

// NewWatch returns a watch that Run starts.
func NewWatch(store eventlog.Presence, now func() time.Time, logger zerolog.Logger) *Watch {
	return &Watch{store: store, now: now, logger: logger, begun: now(), seen: map[who]*sight{}}
}

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	timer := time.NewTimer(LookEvery)
	defer timer.Stop()
	for {
		w.Look(ctx)
		wait := LookEvery
		if w.somebodyUnable() {
			wait = lookSoon
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

func (w *Watch) somebodyUnable() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		if s.Here && !s.Able && s.Unreadable == "" {
			return true
		}
	}
	return false
}

// Look looks once.
func (w *Watch) Look(ctx context.Context) {
	all, err := w.store.Present(ctx)
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.err == nil {
		w.logger.Warn().Err(err).Msg("cannot see which parts are there")
	}
	again := w.err != nil && err == nil
	if w.err = err; err != nil {
		return
	}
	w.looked = w.now()
	if again {
		w.resumed = w.looked
	}
	for _, s := range w.seen {
		s.Here = false
	}
	for _, p := range all {
		w.see(p)
	}
	w.forget()
}

func (w *Watch) see(p eventlog.Present) {
	key := who{p.Role, p.ID}
	s := w.seen[key]
	if s == nil {
		s = &sight{}
		w.seen[key] = s
	}
	if !p.At.Equal(s.at) {
		s.at, s.Last = p.At, w.looked
	}
	s.Here, s.Unreadable = w.looked.Sub(s.Last) <= StaleAfter, ""
	r, err := ready.Decode(p.Data)
	if err != nil {
		s.Unreadable = err.Error()
	}
	// Whose key it is counts, not what is written in it.
	r.Role, r.Name = p.Role, p.ID
	s.Report = r
}

// Read is what those say who are there now, for who looks once. Whether a key is still
// renewed is told by the clocks of the store and of this host.
func Read(all []eventlog.Present, now time.Time) []Seen {
	w := &Watch{looked: now, seen: map[who]*sight{}}
	seen := make([]Seen, 0, len(all))
	for _, p := range all {
		w.see(p)
		s := w.seen[who{p.Role, p.ID}].Seen
		s.Last, s.Here = p.At, now.Sub(p.At) <= StaleAfter
		seen = append(seen, s)
	}
	return seen
}

// forget drops the oldest of those that are gone.
func (w *Watch) forget() {
	var gone []who
	for key, s := range w.seen {
		if !s.Here {
			gone = append(gone, key)
		}
	}
	if len(gone) <= goneKept {
		return
	}
	slices.SortFunc(gone, func(a, b who) int { return w.seen[a].Last.Compare(w.seen[b].Last) })
	for _, key := range gone[:len(gone)-goneKept] {
		delete(w.seen, key)
	}
}

// All are all that are there or were, by role and name. The error is why nothing
// is known at present.
func (w *Watch) All() ([]Seen, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Seen
	for _, s := range w.seen {
		all = append(all, s.Seen)
	}
	slices.SortFunc(all, func(a, b Seen) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name)) })
	return all, w.unknown(w.now())
}

// unknown returns why nothing is known at present, nil if something is.
func (w *Watch) unknown(now time.Time) error {
	if !w.looked.IsZero() && now.Sub(w.looked) <= UnknownAfter {
		return nil
	}
	if w.err != nil {
		return fmt.Errorf("which parts are there is not known: %w", w.err)
	}
	return errNotLooked
}

// Missing says that nobody of a role is there, and since when; empty if somebody
// is, or was a moment ago, or nothing is known.
func (w *Watch) Missing(role string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.unknown(now) != nil {
		return ""
	}
	var last time.Time
	for key, s := range w.seen {
		switch {
		case key.role != role:
		case s.Here:
			return ""
		case s.Last.After(last):
			last = s.Last
		}
	}
	since := last
	if since.IsZero() {
		since = w.begun
	}
	gone := now.Sub(since)
	switch {
	case gone < MissingAfter, now.Sub(w.resumed) < TTL:
		return ""
	case last.IsZero():
		return fmt.Sprintf("no %s has been seen since this process started %v ago", role, ready.Round(gone))
	}
	return fmt.Sprintf("no %s has been seen for %v", role, ready.Round(gone))
}

// Fails reports whether nobody of a role that is there is able, and one says that a
// check fails.
func (w *Watch) Fails(role, check string) bool {
	if w.Unable(role) == "" {
		return false
	}
	all, _ := w.All()
	return slices.ContainsFunc(all, func(s Seen) bool {
		c, has := s.Of(check)
		return s.Role == role && s.Here && has && c.Level == ready.Fail
	})
}

// Unable says why none of those of a role that are there is able to do its work;
// empty if one is, or none is there.
func (w *Watch) Unable(role string) string {
	all, err := w.All()
	if err != nil {
		return ""
	}
	why := ""
	for _, s := range all {
		switch {
		case s.Role != role || !s.Here:
		case s.Able || s.Unreadable != "":
			return ""
		default:
			why = fmt.Sprintf("%s %s is not ready: %s", role, s.Name, s.Why())
		}
	}
	return why
}
