package jetstream

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// heard is a slog.Handler that tells of what is said at info and above.
type heard chan slog.Record

func (h heard) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (h heard) WithAttrs([]slog.Attr) slog.Handler               { return h }
func (h heard) WithGroup(string) slog.Handler                    { return h }

func (h heard) Handle(_ context.Context, r slog.Record) error {
	h <- r

	return nil
}

// await returns the attributes of the next record that says so.
func (h heard) await(t *testing.T, level slog.Level, message string) map[string]slog.Value {
	t.Helper()
	late := time.After(3 * time.Minute)
	for {
		select {
		case r := <-h:
			if r.Level != level || r.Message != message {
				continue
			}
			attrs := make(map[string]slog.Value)
			r.Attrs(func(a slog.Attr) bool {
				attrs[a.Key] = a.Value

				return true
			})

			return attrs
		case <-late:
			t.Fatalf("nothing says %q", message)
		}
	}
}

func TestTroubleIsToldOf(t *testing.T) {
	server := natstest.Start(t)
	log := make(heard, 1000)
	opened(t, Options{URL: server.URL(), Log: slog.New(log)})
	server.Stop()
	log.await(t, slog.LevelWarn, "lost the connection to NATS")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opened := make(chan error, 1)
	go func() {
		l, err := Open(ctx, Options{URL: server.URL(), Log: slog.New(log)})
		if err == nil {
			_ = l.Close()
		}
		opened <- err
	}()
	waiting := log.await(t, slog.LevelWarn, "waiting for NATS")
	cancel()
	if err := <-opened; err == nil {
		t.Error("opened a log on a server that is gone")
	}
	if _, ok := waiting["error"].Any().(error); !ok || waiting["url"].String() != server.URL() {
		t.Errorf("waiting for NATS, with %v", waiting)
	}
	server.Restart(t)
	if again := log.await(t, slog.LevelInfo, "connected to NATS again"); again["server"].String() != server.URL() {
		t.Errorf("connected again, with %v", again)
	}
}

func TestReason(t *testing.T) {
	if got := reason(nil); !got.Equal(slog.Attr{}) {
		t.Errorf("no error becomes %v", got)
	}
	if got := reason(errNotTaken); !got.Equal(slog.Any("error", errNotTaken)) {
		t.Errorf("an error becomes %v", got)
	}
}
