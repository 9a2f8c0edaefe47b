package allinone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// storeDir is where NATS keeps its streams.
	storeDir = RoleNATS
	// madeFile says that the log of a data directory was made.
	madeFile = "log-made.json"
)

// LogHistory is what a data directory says of its log, before NATS is asked.
type LogHistory int

const (
	// LogNever is a directory without a log.
	LogNever LogHistory = iota
	// LogBegun is one with streams, of which nothing says that all were made: the making
	// was cut short, or an older taurus made them.
	LogBegun
	// LogMade is one whose log was made.
	LogMade
)

// made is the content of the file.
type made struct {
	Stream string    `json:"stream"`
	At     time.Time `json:"at"`
}

// ReadLogHistory tells whether a data directory had a log. NATS forgets a stream
// whose files it cannot read, so it is no witness.
func ReadLogHistory(data string) (LogHistory, error) {
	switch _, err := os.Stat(filepath.Join(data, madeFile)); {
	case err == nil:
		return LogMade, nil
	case !errors.Is(err, fs.ErrNotExist):
		return LogMade, fmt.Errorf("data directory: %w", err)
	}
	streams, err := filepath.Glob(filepath.Join(data, storeDir, "jetstream", "*", "streams", "*"))
	if err != nil {
		return LogBegun, fmt.Errorf("data directory: %w", err)
	}
	if len(streams) > 0 {
		return LogBegun, nil
	}
	return LogNever, nil
}

// WriteLogMade notes that the log of a data directory was made. From then on
// ReadLogHistory says so, whatever becomes of the streams.
func WriteLogMade(data, stream string) error {
	return writeJSON(filepath.Join(data, madeFile), made{Stream: stream, At: time.Now().UTC()})
}
