package fold

import "errors"

// ErrNotCaughtUp is returned by a service's Ready while it still folds what the
// log held when it started.
var ErrNotCaughtUp = errors.New("still replaying the log")
