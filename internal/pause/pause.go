package pause

import (
	"context"
	"time"
)

// For returns after d, or with the cause of the context's end if that is earlier.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
