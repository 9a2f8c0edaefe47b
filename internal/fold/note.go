package fold

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/machine"
)

// Write writes a machine's note to the log of the operators.
func Write(logger zerolog.Logger, n machine.Note) {
	line := logger.WithLevel(level(n.Level))
	if n.Err != nil {
		line = line.Err(n.Err)
	}
	if n.Job != "" {
		line = line.Str("job", n.Job)
	}
	if n.Task != "" {
		line = line.Str("task", n.Task)
	}
	if n.Sequence != 0 {
		line = line.Uint64("sequence", n.Sequence)
	}
	for _, f := range n.Fields {
		line = field(line, f)
	}
	line.Msg(n.Message)
}

// field writes times and durations as the rest of the log does.
func field(line *zerolog.Event, f machine.Field) *zerolog.Event {
	switch v := f.Value.(type) {
	case time.Time:
		return line.Time(f.Key, v)
	case time.Duration:
		return line.Dur(f.Key, v)
	}
	return line.Any(f.Key, f.Value)
}

func level(l machine.Level) zerolog.Level {
	switch l {
	case machine.Debug:
		return zerolog.DebugLevel
	case machine.Info:
		return zerolog.InfoLevel
	case machine.Warn:
		return zerolog.WarnLevel
	case machine.Error:
		return zerolog.ErrorLevel
	}
	return zerolog.NoLevel
}
