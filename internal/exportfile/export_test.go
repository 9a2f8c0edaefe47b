package exportfile

// Bound has lines be so long at most, so that a test need not make the longest.
func (a *Reader) Bound(most int) { a.most = most }
