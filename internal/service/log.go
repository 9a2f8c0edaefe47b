package service

import (
	"io"
	"os"
	"slices"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

const (
	formatAuto    = "auto"
	formatJSON    = "json"
	formatConsole = "console"

	logTimeLayout = "2006-01-02T15:04:05.000Z07:00"
)

func knownFormat(format string) bool {
	return slices.Contains([]string{formatAuto, formatJSON, formatConsole}, format)
}

// newLogger writes to w, one line an entry, each with role and name. Any number of
// goroutines may log: w is written to by one at a time.
func newLogger(w io.Writer, p Process, role string, now func() time.Time) zerolog.Logger {
	if p.LogFormat == formatConsole || (p.LogFormat == formatAuto && terminal(w)) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: !terminal(w)}
	}
	level, err := zerolog.ParseLevel(p.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel
	}
	return zerolog.New(zerolog.SyncWriter(w)).Level(level).Hook(clock(now)).With().Str("role", role).Str("name", p.Name).Logger()
}

// clock stamps entries with milliseconds, which zerolog does by a global only.
type clock func() time.Time

// Run implements zerolog.Hook.
func (now clock) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, now().UTC().Format(logTimeLayout))
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
