package web

import (
	"strconv"
	"time"
)

// Clients is how many are remembered.
func (t *Turnstile) Clients() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.of)
}

// PacesKept has many ask once, and one between each of them, and tells how many are kept
// and whether that one is held to its measure.
func PacesKept(many int) (kept int, busy bool) {
	p, now := newPaces(1, many/2), time.Unix(0, 0)
	for i := range many {
		p.take(strconv.Itoa(i), now)
		busy = p.take("busy", now) > 0
	}
	return len(p.of), busy
}
