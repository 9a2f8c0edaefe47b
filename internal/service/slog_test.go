package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// bridged is a logger as processes have it, seen through Slog.
func bridged(t *testing.T, level string, out *bytes.Buffer) (zerolog.Logger, *slog.Logger) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 2, 3, 4, 5, 6e6, time.UTC) }
	log := newLogger(out, Process{Name: "a", LogLevel: level, LogFormat: formatJSON}, "planner", now)
	return log, Slog(log)
}

// TestSlogWritesTheSameLines: whether a part speaks log/slog or zerolog does not
// show, down to the order of the fields.
func TestSlogWritesTheSameLines(t *testing.T) {
	var want, got bytes.Buffer
	direct, _ := bridged(t, "debug", &want)
	_, through := bridged(t, "debug", &got)
	gone := errors.New("no leader")
	ctx := context.Background()

	direct.Warn().Err(gone).Str("url", "nats://a").Msg("waiting for NATS")
	through.LogAttrs(ctx, slog.LevelWarn, "waiting for NATS", slog.Any("error", gone), slog.String("url", "nats://a"))

	direct.Debug().Err(gone).Uint64("seq", 7).Msg("reading again")
	through.LogAttrs(ctx, slog.LevelDebug, "reading again", slog.Any("error", gone), slog.Uint64("seq", 7))

	direct.Warn().Msg("lost the connection to NATS")
	through.LogAttrs(ctx, slog.LevelWarn, "lost the connection to NATS", slog.Attr{})

	with := direct.With().Str("job", "web").Str("task", "web-1-0-1").Uint64("sequence", 42).Logger()
	with.Error().Bool("full", true).Dur("after", time.Second).Msg("what goes with a logger")
	through.With("job", "web", "task", "web-1-0-1", "sequence", uint64(42)).
		Error("what goes with a logger", "full", true, "after", time.Second)

	if got.String() != want.String() {
		t.Errorf("through log/slog:\n%swant, as without it:\n%s", &got, &want)
	}
	if lines := strings.Count(got.String(), "\n"); lines != 4 {
		t.Errorf("%d lines, want 4:\n%s", lines, &got)
	}
}

func TestSlogLevels(t *testing.T) {
	ctx := context.Background()
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	names := []string{"debug", "info", "warn", "error"}
	for lowest, name := range names {
		var out bytes.Buffer
		_, log := bridged(t, name, &out)
		for i, level := range levels {
			out.Reset()
			log.Log(ctx, level, "said")
			if enabled := log.Enabled(ctx, level); enabled != (i >= lowest) || enabled != (out.Len() > 0) {
				t.Errorf("at %s: %v enabled is %t and says %q", name, level, enabled, &out)
			}
			if out.Len() > 0 && !strings.HasPrefix(out.String(), `{"level":"`+names[i]+`"`) {
				t.Errorf("at %s: %v says %q", name, level, &out)
			}
		}
	}
}

// TestSlogGroups: zerolog has none, so their names stand before those of the fields.
func TestSlogGroups(t *testing.T) {
	var out bytes.Buffer
	_, log := bridged(t, "info", &out)
	log.WithGroup("nats").Info("connected", "server", "a")
	if !strings.Contains(out.String(), `"nats.server":"a"`) || strings.Count(out.String(), `"time":`) != 1 {
		t.Errorf("got %q", &out)
	}
}
