package jetstream_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// fillUp appends facts of 4 KiB until an error.
func fillUp(t *testing.T, l eventlog.Log) error {
	t.Helper()
	m := eventlog.Message{Subject: "taurus.ev.a", Data: make([]byte, 4<<10)}
	for range 1000 {
		if _, err := l.Append(within(t), eventlog.Fact(m)); err != nil {
			return err
		}
	}
	t.Fatal("the log is never full")

	return nil
}

func wantFull(t *testing.T, err error, limit eventlog.Limit, says string) {
	t.Helper()
	var full *eventlog.FullError
	if !errors.As(err, &full) || !errors.Is(err, eventlog.ErrFull) || errors.Is(err, eventlog.ErrUnavailable) || full.Limit != limit {
		t.Fatalf("got %v, want that the %s is full", err, limit)
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
}

// TestResize: who uses a log that is full goes on with it once its limit is raised, and
// neither they nor who was started with the old limit has to be started otherwise.
func TestResize(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	o := jetstream.Options{URL: s.URL(), MaxBytes: 128 << 10}
	l := open(t, o)
	wantFull(t, fillUp(t, l), eventlog.LimitLog, "taurus log resize")

	was, err := jetstream.Resize(within(t), o, 256<<10)
	if err != nil || was.MaxBytes != 128<<10 || was.Bytes < 64<<10 {
		t.Fatalf("resized from %+v, %v", was, err)
	}
	if _, err := l.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.ev.a", Data: make([]byte, 4<<10)})); err != nil {
		t.Fatalf("the log is larger, and %v", err)
	}
	if u, err := l.Usage(within(t)); err != nil || u.MaxBytes != 256<<10 {
		t.Errorf("usage %+v, %v", u, err)
	}

	var said bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&said, nil))
	again := open(t, o)
	if u, err := again.Usage(within(t)); err != nil || u.MaxBytes != 256<<10 {
		t.Errorf("opened with the old limit: usage %+v, %v", u, err)
	}
	if text := said.String(); !strings.Contains(text, "taurus log resize") || !strings.Contains(text, "asked_for=131072") {
		t.Errorf("opened with the old limit, and the log says %q", text)
	}

	if _, err := jetstream.Resize(within(t), o, 64<<10); !errors.Is(err, jetstream.ErrTooSmall) {
		t.Errorf("below what it holds: %v", err)
	}
	if _, err := jetstream.Resize(within(t), o, 0); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	if u, err := l.Usage(within(t)); err != nil || u.MaxBytes != 0 {
		t.Errorf("without a limit: usage %+v, %v", u, err)
	}
}

// TestFullServer: the limit of the server is not that of the log, and is raised elsewhere.
func TestFullServer(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, func(o *server.Options) { o.JetStreamMaxStore = 256 << 10 })
	l := open(t, jetstream.Options{URL: s.URL(), Patience: 1})
	wantFull(t, fillUp(t, l), eventlog.LimitServer, "max_file_store")

	_, err := jetstream.Resize(within(t), jetstream.Options{URL: s.URL()}, 1<<20)
	wantFull(t, err, eventlog.LimitServer, "max_file_store")
}
