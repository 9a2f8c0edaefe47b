package process

import "errors"

// ErrImage is returned for a task whose container has an image: plain processes
// have none. Its text is Mesos'.
var ErrImage = errors.New("Unsupported container image type") //nolint:staticcheck // The text of Mesos.
