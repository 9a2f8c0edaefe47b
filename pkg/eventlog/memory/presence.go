package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Renew implements eventlog.Presence.
func (l *Leases) Renew(ctx context.Context, role, id string, data []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkTTL(ttl); err != nil {
		return err
	}
	if len(data) > eventlog.PresentMax {
		return fmt.Errorf("%w: %d bytes of %s %s, PresentMax is %d", eventlog.ErrTooLarge, len(data), role, id, eventlog.PresentMax)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	l.present[member{role, id}] = present{data: bytes.Clone(data), at: now.UTC(), until: now.Add(ttl)}

	return nil
}

// Leave implements eventlog.Presence.
func (l *Leases) Leave(ctx context.Context, role, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.present, member{role, id})

	return nil
}

// Present implements eventlog.Presence.
func (l *Leases) Present(ctx context.Context) ([]eventlog.Present, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	var all []eventlog.Present
	for m, p := range l.present {
		if now.Before(p.until) {
			all = append(all, eventlog.Present{Role: m.role, ID: m.id, Data: bytes.Clone(p.data), At: p.at})
		}
	}
	slices.SortFunc(all, func(a, b eventlog.Present) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ID, b.ID)) })

	return all, nil
}
