package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// record reads the record of a sequence of the archive; false if it was lost.
func (a *Archive) record(ctx context.Context, sequence uint64) (rec eventlog.Record, found bool, err error) {
	for item, err := range a.Read(ctx, sequence, sequence) {
		if err != nil {
			return rec, false, err
		}
		rec, found = item.Record, item.Lost.From == 0
	}
	return rec, found, nil
}

// Fits returns nil if a log goes on where the archive ends, ErrOther if it is another one
// or has lost its end, ErrBehind if it lacks what comes next. The last record of the archive
// is compared or, where the log no longer keeps it, the seal that is over it.
func (a *Archive) Fits(ctx context.Context, log eventlog.Log) error {
	newest, err := a.Newest(ctx)
	if newest == nil {
		return err
	}
	bounds, err := log.Bounds(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the log: %w", err)
	case bounds.Last < newest.Seal:
		return fmt.Errorf("%w, or this one has lost its end: it ends at %d, and the archive was sealed at %d", ErrOther, bounds.Last, newest.Seal)
	case bounds.First > newest.To+1:
		return fmt.Errorf("%w: the archive ends at %d, and the log begins at %d", ErrBehind, newest.To, bounds.First)
	}
	if bounds.First <= newest.To {
		if same, err := a.sameAt(ctx, log, newest.To); err != nil || same {
			return err
		}
	}
	return sealedBy(ctx, log, newest)
}

// sameAt compares a record that both have, and reports whether there is one.
func (a *Archive) sameAt(ctx context.Context, log eventlog.Log, sequence uint64) (bool, error) {
	was, found, err := a.record(ctx, sequence)
	if err != nil || !found {
		return false, err
	}
	is, found, err := recordOf(ctx, log, sequence)
	if err == nil && found && !is.Same(was) {
		err = fmt.Errorf("%w, or this one was changed: the record at sequence %d is another", ErrOther, sequence)
	}
	return found, err
}

// sealedBy returns nil if the log has the seal that a manifest names.
func sealedBy(ctx context.Context, log eventlog.Log, m *Manifest) error {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if bounds.Last < m.Seal {
		return fmt.Errorf("%w, or this one has lost its end: it ends at %d, and the archive was sealed at %d", ErrOther, bounds.Last, m.Seal)
	}
	rec, found, err := recordOf(ctx, log, m.Seal)
	if err != nil {
		return err
	}
	if found {
		if s, ok := sealOf(exportfile.Item{Record: rec}); ok && s.through == m.To && s.hash == m.after() {
			return nil
		}
	}
	return fmt.Errorf("%w, or this one was changed: it has no seal at sequence %d of what the archive has up to %d", ErrOther, m.Seal, m.To)
}

// sealOf is what a record says of the log's hash, whether that fits or not.
func sealOf(item exportfile.Item) (seal, bool) {
	_, ev := ofTheLog(item)
	sealed, ok := ev.(events.LogSealed)
	if !ok {
		return seal{}, false
	}
	hash, err := chain.ParseHash(sealed.Hash)
	return seal{item.Record.Sequence, sealed.Through, hash}, err == nil
}

// recordOf reads one record of a log; false if it is missing there.
func recordOf(ctx context.Context, log eventlog.Log, sequence uint64) (rec eventlog.Record, found bool, err error) {
	for rec, err := range log.Read(ctx, sequence, sequence) {
		if errors.Is(err, eventlog.ErrGap) {
			return rec, false, nil
		}
		if err != nil {
			return rec, false, fmt.Errorf("read the log: %w", err)
		}
		return rec, true, nil
	}
	return rec, false, nil
}
