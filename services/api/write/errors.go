package write

import "errors"

// ErrNearlyFull is returned for a submission while the log is so full that only
// stops are taken.
var ErrNearlyFull = errors.New("the log is nearly full, so no jobs are accepted; stops are")
