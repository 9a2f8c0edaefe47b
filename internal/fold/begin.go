package fold

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/snapshot"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Snapshots are where a fold may begin. snapshot.Source has them.
type Snapshots interface {
	// Newest yields those of a format, the newest first.
	Newest(ctx context.Context, format string) iter.Seq[*snapshot.Snapshot]
}

// Resumable is a state that can begin at another, which is its own from then on.
type Resumable interface {
	State
	Resume(from *cluster.State)
}

// beginning is a snapshot that the log was found to have come by.
type beginning struct {
	*snapshot.Snapshot
	mark mark.Mark
	// seal is the record at which it was made, chain the log's hash up to it.
	seal  cluster.Record
	chain *chain.Verifier
}

// beginner looks for a snapshot to begin at.
type beginner struct {
	log    eventlog.Log
	space  events.Space
	mark   mark.Mark
	marked bool
	logger zerolog.Logger
}

// begin returns the newest snapshot that the log bears out, nil for none: then all of the log
// is folded, and what is wrong with it is found as ever. A snapshot is passed over as soon as
// anything is not as it should be, so that none hides what a fold of the whole log finds.
func (b *beginner) begin(ctx context.Context, from Snapshots) *beginning {
	format, err := cluster.Format()
	if err != nil {
		return nil
	}
	for snap := range from.Newest(ctx, format) {
		found, err := b.heldAgainst(ctx, snap)
		if err == nil {
			return found
		}
		if ctx.Err() != nil {
			return nil
		}
		b.logger.Info().Uint64("sequence", snap.Sequence).AnErr("reason", err).Msg("snapshot passed over")
	}
	return nil
}

// heldAgainst holds a snapshot against the log and the mark, and waits for a log that is away.
func (b *beginner) heldAgainst(ctx context.Context, snap *snapshot.Snapshot) (*beginning, error) {
	for {
		found, err := b.hold(ctx, snap)
		if !errors.Is(err, eventlog.ErrUnavailable) {
			return found, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(awayWait):
		}
	}
}

func (b *beginner) hold(ctx context.Context, snap *snapshot.Snapshot) (*beginning, error) {
	begun := &beginning{Snapshot: snap}
	var err error
	if begun.mark, err = snap.Mark(); err != nil {
		return nil, err
	}
	bounds, err := b.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.fits(begun, bounds); err != nil {
		return nil, err
	}
	if counted, ok := b.log.(eventlog.Counted); ok {
		n, err := counted.Count(ctx)
		if err != nil {
			return nil, err
		}
		if n < bounds.Last-bounds.First+1 {
			return nil, errors.New("the log has holes, which only a fold of all of it can tell about")
		}
	}
	return begun, b.read(ctx, begun)
}

// fits compares a snapshot with how far the log goes and was folded.
func (b *beginner) fits(begun *beginning, bounds eventlog.Bounds) error {
	none := chain.Hash{}
	switch m := b.mark; {
	case bounds.First > 1:
		return fmt.Errorf("the log begins at %d", bounds.First)
	case bounds.Last < begun.Sequence:
		return fmt.Errorf("the log ends at %d, before it", bounds.Last)
	case !b.marked:
	case m.Sequence < begun.Sequence:
		return fmt.Errorf("the log was folded here up to %d, before it, and that has to be held against the log", m.Sequence)
	case m.Sequence > bounds.Last:
		return fmt.Errorf("the log ends at %d, and was folded here up to %d", bounds.Last, m.Sequence)
	case m.First != none && begun.mark.First != m.First:
		return errors.New("it is of another log than was folded here")
	}
	return nil
}

// read reads the log from what the seal is about up to the mark: it has to have that seal,
// with the hash that the snapshot has, and what was folded here before.
func (b *beginner) read(ctx context.Context, begun *beginning) error {
	sealed, err := chain.ParseHash(begun.Sealed)
	if err != nil {
		return err
	}
	last := begun.Sequence
	if b.marked {
		last = max(last, b.mark.Sequence)
	}
	verifier := chain.Behind(begun.Through, sealed)
	for rec, err := range b.log.Read(ctx, begun.Through+1, last) {
		if err != nil {
			return err
		}
		r, err := cluster.Decode(b.space, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			return err
		}
		if err := verifier.AddLeaf(chain.Leaf{Sequence: r.Sequence, Time: r.Time, Sum: r.Sum}, ofTheLog(&r)); err != nil {
			return err
		}
		_, r.Head.Hash, r.Head.Known = verifier.Head()
		if r.Sequence == begun.Sequence {
			if err := begun.at(&r, verifier); err != nil {
				return err
			}
		}
		if b.marked && r.Sequence == b.mark.Sequence && b.mark.Known && r.Head.Hash != b.mark.Hash {
			return fmt.Errorf("the log is not the one that was folded here up to %d", b.mark.Sequence)
		}
	}
	if begun.chain == nil {
		return fmt.Errorf("the log gives no record %d", begun.Sequence)
	}
	return nil
}

// at compares the record at which the snapshot was made.
func (begun *beginning) at(r *cluster.Record, v *chain.Verifier) error {
	seal, is := ofTheLog(r).(events.LogSealed)
	switch {
	case !is || seal.Through != begun.Through || seal.Hash != begun.Sealed:
		return fmt.Errorf("the log has another record at %d than the seal that it was made at", r.Sequence)
	case !r.Head.Known || r.Head.Hash != begun.mark.Hash || !r.Time.Equal(begun.Time):
		return fmt.Errorf("the log's hash at %d is another", r.Sequence)
	}
	begun.seal, begun.chain = *r, v.Clone()
	return nil
}
