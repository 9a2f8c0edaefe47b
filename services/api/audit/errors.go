package audit

import "errors"

// ErrAbsent is returned where the audit stream cannot be read.
var ErrAbsent = errors.New("audit: the audit stream is not there")
