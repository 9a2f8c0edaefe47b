package backoff

import "time"

// Wait doubles from First to Max. A Max below First is the wait from the first
// failure on.
type Wait struct {
	First, Max time.Duration
}

// After returns the wait after n failures in a row. After none it is zero, and
// negative it never is.
func (w Wait) After(n int) time.Duration {
	if n < 1 {
		return 0
	}
	wait := max(0, min(w.First, w.Max))
	for ; n > 1 && 0 < wait && wait < w.Max; n-- {
		wait += min(wait, w.Max-wait) // Twice as long, and never beyond what a Duration holds.
	}
	return wait
}
