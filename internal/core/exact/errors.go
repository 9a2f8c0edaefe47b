package exact

import "errors"

var (
	// ErrType is returned for a type of which values cannot be written.
	ErrType = errors.New("values of this type cannot be written exactly")
	// ErrValue is returned for a value that cannot be written.
	ErrValue = errors.New("the value cannot be written exactly")
	// ErrMalformed is returned for what Encode has not written.
	ErrMalformed = errors.New("this is not what was written")
)
