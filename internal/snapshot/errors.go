package snapshot

import "errors"

var (
	// ErrDamaged is returned for what is no snapshot, or no longer the one that was written.
	ErrDamaged = errors.New("the snapshot is damaged")
	// ErrFormat is returned for a snapshot that another build wrote, and that this one would
	// misread.
	ErrFormat = errors.New("the snapshot is of another format")
	// ErrNone is returned for a snapshot that is not there, and by a store that is not.
	ErrNone = errors.New("there is no such snapshot")
	// ErrUnsealed is returned for a place at which no snapshot can be made.
	ErrUnsealed = errors.New("there is no seal here that fits")
)
