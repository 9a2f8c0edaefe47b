package process

import "errors"

// ErrImage is returned for a task whose container has an image: plain processes
// have none. Its text is Mesos'.
var ErrImage = errors.New("Unsupported container image type") //nolint:staticcheck // The text of Mesos.

// ErrVolumes is returned for a task whose container has volumes: plain processes see the
// files of the host. Its text is that of Mesos without the filesystem/linux isolator.
var ErrVolumes = errors.New("Volumes in ContainerInfo is not supported") //nolint:staticcheck // The text of Mesos.
