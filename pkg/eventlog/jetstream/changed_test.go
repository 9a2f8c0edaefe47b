package jetstream_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestTailReplaced: a server comes back without the last record, and somebody appends
// another before a reader is there again. The log is as long as it was, and not what the
// reader has read of it.
func TestTailReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose bool
		want error
	}{"lost": {true, eventlog.ErrChanged}, "whole": {false, context.Canceled}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := natstest.Start(t)
			o := jetstream.Options{URL: s.URL()}
			append75(t, open(t, o))
			s.Stop()
			before := t.TempDir()
			if err := os.CopyFS(before, os.DirFS(s.Store())); err != nil {
				t.Fatal(err)
			}
			s.Restart(t)
			largest := eventlog.Message{Subject: "taurus.ev.0.a", Data: make([]byte, eventlog.MaxMessage)}
			if _, err := open(t, o).Append(within(t), eventlog.Fact(largest)); err != nil {
				t.Fatal(err)
			}
			p := natstest.NewProxy(t, s.URL())
			reading, cancel := context.WithCancel(within(t))
			defer cancel()
			var last uint64
			read, ended := make(chan uint64, 100), make(chan error, 1)
			through := open(t, jetstream.Options{URL: p.URL()})
			go func() {
				for rec, err := range through.Read(reading, 1, 0) {
					if err != nil {
						ended <- err

						return
					}
					read <- rec.Sequence
				}
			}()
			for last < 76 {
				last = <-read
			}
			p.Hold()
			s.Stop()
			if c.lose {
				if err := errors.Join(os.RemoveAll(s.Store()), os.CopyFS(s.Store(), os.DirFS(before))); err != nil {
					t.Fatal(err)
				}
			}
			s.Restart(t)
			writer := open(t, o)
			for b := (eventlog.Bounds{}); b.Last < 77; b, _ = writer.Bounds(within(t)) {
				if _, err := writer.Append(within(t), fact(100+int(b.Last))); err != nil {
					t.Fatal(err)
				}
			}
			p.Release()
			if !c.lose {
				for last < 77 {
					last = <-read
				}
				cancel()
			}
			if err := <-ended; !errors.Is(err, c.want) {
				t.Errorf("reading ends with %v, want %v", err, c.want)
			}
			if len(read) > 0 {
				t.Errorf("%d was read of the log that is another", <-read)
			}
		})
	}
}
