package projection_test

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
)

// pieceBytes is small, so that pieces end by their size too.
const pieceBytes = 20_000

// follow hands each event to each, piece after piece, as a feed does.
func follow(ctx context.Context, p *projection.Projection, from uint64, filter projection.Filter, every time.Duration,
	each func(projection.Event) error, idle func(last uint64) error,
) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		piece, err := p.Piece(ctx, from, filter, pieceBytes)
		if err != nil {
			return err
		}
		for _, ev := range piece.Events {
			if err := each(ev); err != nil {
				return err
			}
		}
		if from = piece.Next; piece.Changed == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := idle(from - 1); err != nil {
				return err
			}
		case <-piece.Changed:
		}
	}
}
