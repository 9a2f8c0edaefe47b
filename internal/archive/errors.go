package archive

import "errors"

var (
	// ErrManifest is returned for a manifest that cannot be read.
	ErrManifest = errors.New("it is no manifest of a segment")
	// ErrBroken is returned where the archive is not what was written: an object is
	// missing, does not fit its checksum, or segments do not follow each other.
	ErrBroken = errors.New("the archive is not as it was written")
	// ErrOther is returned where archive and log are not of one log, or not any more.
	ErrOther = errors.New("the archive is of another log")
	// ErrBehind is returned where the log no longer keeps what comes behind the archive.
	ErrBehind = errors.New("the log no longer keeps what comes next in the archive")
)
