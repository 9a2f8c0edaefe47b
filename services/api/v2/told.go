package v2

// toldError is an error of a kind that says more than its kind does.
type toldError struct {
	kind   error
	detail string
}

// Error is that of the kind.
func (e *toldError) Error() string { return e.kind.Error() }

// Unwrap is the kind.
func (e *toldError) Unwrap() error { return e.kind }

// Detail is what users are told.
func (e *toldError) Detail() string { return e.detail }
