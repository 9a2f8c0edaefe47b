package cli

import (
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/internal/cli/client"
)

// absentError says that there is no such job, or was none at a moment.
type absentError struct {
	id   string
	then bool
}

// Error names the job.
func (e *absentError) Error() string {
	if e.then {
		return fmt.Sprintf("there was no job %q then", e.id)
	}
	return fmt.Sprintf("there is no job %q", e.id)
}

// Unwrap makes it ErrNotFound.
func (e *absentError) Unwrap() error { return client.ErrNotFound }

// hint says where to look.
func (e *absentError) hint() string {
	if e.then {
		return "`taurus events` tells when jobs came and went."
	}
	return "`taurus job` lists what there is; of a job that was deleted, `taurus events` and `taurus replay` still tell."
}

// missing says which job was not found.
func missing(err error, id string) error { return missingAt(err, id, "") }

// missingAt says which job was not found at a moment; empty is now.
func missingAt(err error, id, at string) error {
	switch p, ok := errors.AsType[*client.Problem](err); {
	case ok && p.Type == client.TypeNoJob:
		return &absentError{id: id, then: at != ""}
	case errors.Is(err, client.ErrConflict):
		return fmt.Errorf("job %q: %w", id, err)
	}
	return err
}
