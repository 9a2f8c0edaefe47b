package fold

import "errors"

// ErrNotCaughtUp is returned by a service's Ready while it still folds what the
// log held when it started.
var ErrNotCaughtUp = errors.New("still replaying the log")

// ErrStands is returned by a loop's Alive when it no longer turns.
var ErrStands = errors.New("the loop stands still")
