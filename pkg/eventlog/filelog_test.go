package eventlog_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
)

// fileLog is a log in a file of one process: the whole of what it takes to put
// another log in place. docs/extending-log.md explains it.
type fileLog struct {
	file *os.File

	mu      sync.Mutex
	records []eventlog.Record
	last    map[string]uint64 // The last sequence of each subject.
	grown   chan struct{}     // Closed on the next append.
	closed  bool
}

// openFileLog reads one line for each append. A line that a crash cut off was
// never acknowledged: it is dropped.
func openFileLog(path string) (*fileLog, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &fileLog{file: file, last: make(map[string]uint64), grown: make(chan struct{})}
	lines, size := bufio.NewReader(file), int64(0)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var records []eventlog.Record
		if err := json.Unmarshal(line, &records); err != nil {
			return nil, err
		}
		l.add(records)
		size += int64(len(line))
	}
	if err := file.Truncate(size); err != nil {
		return nil, err
	}
	_, err = file.Seek(size, io.SeekStart)

	return l, err
}

func (l *fileLog) add(records []eventlog.Record) {
	for _, rec := range records {
		l.records = append(l.records, rec)
		l.last[rec.Subject] = rec.Sequence
	}
	close(l.grown)
	l.grown = make(chan struct{})
}

// Append checks every expectation, writes one line, syncs, and only then lets
// readers see it.
func (l *fileLog) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(ctx); err != nil {
		return eventlog.Receipt{}, err
	}
	if err := eventlog.Check(entries); err != nil {
		return eventlog.Receipt{}, err
	}
	first := uint64(len(l.records)) + 1
	records := make([]eventlog.Record, len(entries))
	for i, e := range entries {
		if want, ok := e.Expect.Last(); ok && l.last[e.Message.Subject] != want {
			return eventlog.Receipt{}, fmt.Errorf("%w: %s", eventlog.ErrConflict, e.Message.Subject)
		}
		records[i] = eventlog.Record{Sequence: first + uint64(i), Time: time.Now().UTC(), Message: e.Message}
	}
	line, err := json.Marshal(records)
	if err != nil {
		return eventlog.Receipt{}, err
	}
	if _, err = l.file.Write(append(line, '\n')); err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		_ = l.closeLocked() // What the disk has now, only opening it again can tell.

		return eventlog.Receipt{}, fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, err)
	}
	var own []eventlog.Record // Not the caller's bytes.
	if err := json.Unmarshal(line, &own); err != nil {
		return eventlog.Receipt{}, err
	}
	l.add(own)

	return eventlog.Receipt{First: first, Last: first + uint64(len(own)) - 1}, nil
}

// Read waits for what is not there yet.
func (l *fileLog) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for next := max(from, 1); to == 0 || next <= to; {
			rec, grown, err := l.at(ctx, next)
			switch {
			case err != nil:
				yield(eventlog.Record{}, err)

				return
			case rec == nil:
				select {
				case <-grown:
				case <-ctx.Done():
				}
			case !yield(*rec, nil):
				return
			default:
				next++
			}
		}
	}
}

func (l *fileLog) at(ctx context.Context, seq uint64) (*eventlog.Record, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(ctx); err != nil {
		return nil, nil, err
	}
	if seq > uint64(len(l.records)) {
		return nil, l.grown, nil
	}

	return &l.records[seq-1], nil, nil
}

// Bounds needs no leader to ask: there is one process.
func (l *fileLog) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return eventlog.Bounds{First: 1, Last: uint64(len(l.records))}, l.usable(ctx)
}

// SequenceAt searches the times of the records.
func (l *fileLog) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := sort.Search(len(l.records), func(i int) bool { return l.records[i].Time.After(t) })

	return uint64(n), l.usable(ctx)
}

// Close wakes the readers, who find the log closed.
func (l *fileLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.closeLocked()
}

func (l *fileLog) closeLocked() error {
	if l.closed {
		return nil
	}
	l.closed = true
	l.add(nil)

	return l.file.Close()
}

func (l *fileLog) usable(ctx context.Context) error {
	if l.closed {
		return eventlog.ErrClosed
	}

	return ctx.Err()
}

func TestFileLog(t *testing.T) {
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Harness {
		l, err := openFileLog(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}

		return eventlogtest.Harness{
			Log:     l,
			Another: func(testing.TB) eventlog.Log { return l },
		}
	})
}

func TestFileLogDropsWhatACrashCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for round := range uint64(3) {
		l, err := openFileLog(path)
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := l.Append(t.Context(), eventlog.Decision(eventlog.Message{Subject: fmt.Sprintf("a.%d", round)}, 0))
		if err != nil || receipt.Last != round+1 {
			t.Fatalf("append: %+v, %v", receipt, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(whole, whole[:20]...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
