package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/rs/zerolog"
)

// Slog is log for the parts of taurus that other programs import too: they speak
// log/slog, and their lines look as all others do.
func Slog(log zerolog.Logger) *slog.Logger {
	return slog.New(unstamped{zerolog.NewSlogHandler(log)})
}

// unstamped leaves the time to the logger's own clock, which would have it in
// the line a second time.
type unstamped struct{ slog.Handler }

// Handle implements slog.Handler.
func (h unstamped) Handle(ctx context.Context, r slog.Record) error {
	r.Time = time.Time{}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h unstamped) WithAttrs(attrs []slog.Attr) slog.Handler {
	return unstamped{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h unstamped) WithGroup(name string) slog.Handler {
	return unstamped{h.Handler.WithGroup(name)}
}
