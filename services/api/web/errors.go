package web

import (
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/internal/job"
)

// ErrDialects is returned by Handler for dialects that cannot be served side by side.
var ErrDialects = errors.New("web: the dialects do not fit together")

// paramError names the query parameters, headers or fields that cannot be read,
// and their mends.
type paramError struct {
	faults job.Faults
}

func (e *paramError) Error() string { return e.faults.Error() }

// BadParam is the error of a parameter, header or field that cannot be read.
func BadParam(name, format string, args ...any) error {
	return &paramError{faults: job.Faults{{Path: name, Message: fmt.Sprintf(format, args...)}}}
}

// BadParams makes one error of what is wrong with several parameters, nil if
// nothing is.
func BadParams(errs ...error) error {
	var all paramError
	for _, err := range errs {
		if one := new(paramError); errors.As(err, &one) {
			all.faults = append(all.faults, one.faults...)
		}
	}
	if len(all.faults) == 0 {
		return nil
	}
	return &all
}
