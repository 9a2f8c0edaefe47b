package api

import "errors"

var (
	// ErrOptions is returned by New for options that cannot work.
	ErrOptions = errors.New("api: invalid options")
	// ErrNotReady is returned by Ready, and answered as 503, before the service
	// has caught up with the log.
	ErrNotReady = errors.New("api: still replaying the log")
)
