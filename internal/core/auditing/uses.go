package auditing

import (
	"slices"
	"time"
)

// Bounds of what is known of the use of tokens.
const (
	// UseEvery is how often the use of a token is recorded at most.
	UseEvery = time.Hour
	// UsesMax is of how many tokens the last use is known.
	UsesMax = 20_000
)

// Uses are when tokens were used last, as far as it is known. Its zero value knows of
// none. It is not safe for concurrent use.
type Uses struct {
	last map[string]time.Time
}

// Use reports whether the use of a token at a time is to be recorded, and takes it for
// recorded then.
func (u *Uses) Use(id string, at time.Time) bool {
	if last, known := u.last[id]; known && at.Sub(last) < UseEvery {
		return false
	}
	u.Learn(id, at)
	return true
}

// Learn takes in a use that was recorded.
func (u *Uses) Learn(id string, at time.Time) {
	if u.last == nil {
		u.last = map[string]time.Time{}
	}
	if !at.After(u.last[id]) {
		return
	}
	u.last[id] = at
	if len(u.last) > UsesMax {
		u.forget()
	}
}

// Last returns when a token was used last, up to UseEvery before it really was; zero if
// that is not known.
func (u *Uses) Last(id string) time.Time { return u.last[id] }

// forget forgets the older half, so that it is done seldom.
func (u *Uses) forget() {
	times := make([]time.Time, 0, len(u.last))
	for _, at := range u.last {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	middle := times[len(times)/2]
	for id, at := range u.last {
		if at.Before(middle) {
			delete(u.last, id)
		}
	}
}
