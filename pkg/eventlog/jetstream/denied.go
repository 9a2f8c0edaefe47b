package jetstream

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// DeniedError says that the user of this connection may not do what was asked: it
// has the key of another role, or the server's configuration is not what it should
// be. Nothing was stored.
type DeniedError struct {
	// Subject is what NATS denied, "" if it did not say.
	Subject string
	// Cause is what NATS said.
	Cause error
}

// Error names the subject and what to look at.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("jetstream: NATS denies it to this user (%v): "+
		"see whether its key is that of its role, and whether the server has the permissions of this version", e.Cause)
}

// Unwrap returns what NATS said.
func (e *DeniedError) Unwrap() error { return e.Cause }

// denials remembers what NATS denied a connection: to who waits for an answer, a
// denied request looks like one that was lost.
type denials struct {
	mu   sync.Mutex
	last map[string]*DeniedError // By what was denied.
}

// denialsMax bounds what is remembered.
const denialsMax = 256

// heard notes err if it is a denial, and returns it as one.
func (d *denials) heard(err error) *DeniedError {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	denied := &DeniedError{Cause: err}
	// Permissions Violation for Publish to "subject"
	if parts := strings.SplitN(err.Error(), `"`, 3); len(parts) == 3 {
		denied.Subject = parts[1]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil || len(d.last) >= denialsMax {
		d.last = make(map[string]*DeniedError)
	}
	d.last[denied.Subject] = denied

	return denied
}

// of returns the denial of a subject, and forgets it, nil if there was none.
func (d *denials) of(subject string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if denied, ok := d.last[subject]; ok {
		delete(d.last, subject)

		return denied
	}

	return nil
}

// any returns a denial if there was one, and forgets all, nil if there was none.
func (d *denials) any() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, denied := range d.last {
		d.last = nil

		return denied
	}

	return nil
}
