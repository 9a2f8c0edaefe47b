package snapshot

import "time"

const (
	// KeepAll is for how long all snapshots are kept.
	KeepAll = 24 * time.Hour
	// KeepHourly is for how long one of each hour is; behind that one of each day is.
	KeepHourly = 7 * 24 * time.Hour
	// KeepMost bounds them all.
	KeepMost = 1000
)

// Thin lists those of some snapshots, the newest first, that are not needed any more: what is
// older than a day is thinned out, of each format by itself. The newest of each format stays.
func Thin(names []Name) (gone []Name) {
	kept := map[string]Name{} // the one kept last, by format
	count := 0
	for _, n := range names {
		last, seen := kept[n.Format]
		if seen && (count >= KeepMost || !apart(n, last, names[0].At)) {
			gone = append(gone, n)
			continue
		}
		kept[n.Format] = n
		count++
	}
	return gone
}

// apart reports whether a snapshot is kept beside the next newer one.
func apart(n, newer Name, now time.Time) bool {
	each := time.Duration(0)
	switch age := now.Sub(n.At); {
	case age > KeepHourly:
		each = 24 * time.Hour
	case age > KeepAll:
		each = time.Hour
	}
	return each == 0 || n.At.Truncate(each) != newer.At.Truncate(each)
}
