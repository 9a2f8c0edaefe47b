package bench

import (
	"slices"
	"time"
)

// quantile is the least duration that so great a part of all is not above, in milliseconds.
func quantile(all []time.Duration, part float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return float64(sorted[int(part*float64(len(sorted)-1))]) / float64(time.Millisecond)
}
