package jetstream_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// absent wants an error that names the stream and both ways on.
func absent(t *testing.T, err error, stream string) {
	t.Helper()
	var none *jetstream.NoStreamError
	if !errors.As(err, &none) || !errors.Is(err, eventlog.ErrNoLog) || errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("got %v, want a NoStreamError", err)
	}
	if none.Stream != stream || !strings.Contains(err.Error(), "taurus log create") || !strings.Contains(err.Error(), "docs/operating.md") {
		t.Errorf("got %v of stream %q, want %q and what to do", err, none.Stream, stream)
	}
}

// streams are what the server has.
func streams(t *testing.T, url string) []string {
	t.Helper()
	var names []string
	for name := range admin(t, url).StreamNames(within(t)).Name() {
		names = append(names, name)
	}

	return names
}

// TestOpenNeverMakesAStream, of one server and of three.
func TestOpenNeverMakesAStream(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"R1": natstest.Start(t).URL(), "R3": natstest.StartCluster(t, 3).URL(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jetstream.Open(within(t), jetstream.Options{URL: url, Stream: "MINE"})
			absent(t, err, "MINE")
			_, err = jetstream.Open(within(t), jetstream.Options{
				URL: url, Stream: "MINE_WHY", Subjects: []string{"taurus.why.>"}, Kind: jetstream.Bounded,
			})
			absent(t, err, "MINE_WHY")
			_, err = jetstream.OpenLeases(within(t), jetstream.Options{URL: url})
			absent(t, err, "KV_taurus_lease")
			if made := streams(t, url); len(made) > 0 {
				t.Errorf("%q were made", made)
			}
		})
	}
}

// TestCreateTakesWhatIsThere: records stay, other settings are refused.
func TestCreateTakesWhatIsThere(t *testing.T) {
	s := natstest.Start(t)
	o := jetstream.Options{URL: s.URL(), Partitions: 64}
	l := open(t, o)
	if _, err := l.Append(within(t), fact(1)); err != nil {
		t.Fatal(err)
	}
	if err := jetstream.Create(within(t), o); err != nil {
		t.Fatal(err)
	}
	if b, err := l.Bounds(within(t)); err != nil || b.Last != 1 {
		t.Errorf("bounds %+v, %v: the record is gone", b, err)
	}
	o.Partitions = 32
	var unfit *jetstream.UnfitError
	if err := jetstream.Create(within(t), o); !errors.As(err, &unfit) {
		t.Errorf("got %v, want a refusal of other partitions", err)
	}
}

// TestADeletedStreamIsSaid: who reads is told, and who asks, instead of waiting
// for a stream that does not come back.
func TestADeletedStreamIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url      string
		replicas int
	}{
		"R1": {natstest.Start(t).URL(), 1}, "R3": {natstest.StartCluster(t, 3).URL(), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, jetstream.Options{URL: c.url, Replicas: c.replicas})
			if _, err := l.Append(within(t), fact(1)); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			read := make(chan struct{})
			ctx := within(t)
			go func() {
				ended <- eventlog.NewFollower(l, 1).Run(ctx, func(eventlog.Record) error {
					close(read)

					return nil
				})
			}()
			<-read
			if err := admin(t, c.url).DeleteStream(within(t), jetstream.DefaultStream); err != nil {
				t.Fatal(err)
			}
			absent(t, <-ended, jetstream.DefaultStream)
			_, err := l.Bounds(within(t))
			absent(t, err, jetstream.DefaultStream)
			_, err = l.Usage(within(t))
			absent(t, err, jetstream.DefaultStream)
			// A short patience is no reason not to say it in the end.
			hasty := open(t, jetstream.Options{
				URL: c.url, Stream: "HASTY", Subjects: []string{"hasty.>"}, Patience: 200 * time.Millisecond,
			})
			if err := admin(t, c.url).DeleteStream(within(t), "HASTY"); err != nil {
				t.Fatal(err)
			}
			for {
				if _, err = hasty.Bounds(within(t)); !errors.Is(err, eventlog.ErrUnavailable) {
					break
				}
			}
			absent(t, err, "HASTY")
		})
	}
}

// TestADeletedBucketIsSaid to who holds a lease and to who wants one.
func TestADeletedBucketIsSaid(t *testing.T) {
	s := natstest.Start(t)
	l := openLeases(t, jetstream.Options{URL: s.URL()})
	held, err := l.Acquire(within(t), "a", "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := admin(t, s.URL()).DeleteKeyValue(within(t), jetstream.LeaseBucket); err != nil {
		t.Fatal(err)
	}
	_, err = l.Acquire(within(t), "b", "me", time.Minute)
	absent(t, err, "KV_taurus_lease")
	_, err = l.List(within(t), "role")
	absent(t, err, "KV_taurus_lease")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	absent(t, held.Renew(ctx), "KV_taurus_lease")
}

// TestAStreamThatIsAwayIsWaitedFor: a server that is gone is no stream that is.
func TestAStreamThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	l := open(t, jetstream.Options{URL: c.URL(), Replicas: 3})
	if _, err := l.Append(within(t), fact(1)); err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Servers {
		s.Stop()
	}
	opened := make(chan error, 1)
	ctx := within(t)
	go func() {
		l, err := jetstream.Open(ctx, jetstream.Options{URL: c.URL()})
		if err == nil {
			err = l.Close()
		}
		opened <- err
	}()
	for _, s := range c.Servers {
		s.Restart(t)
	}
	if err := <-opened; err != nil {
		t.Errorf("open while the cluster starts: %v", err)
	}
	for ctx := within(t); ; {
		b, err := l.Bounds(ctx)
		if err == nil && b.Last == 1 {
			return
		}
		if !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("bounds %+v, %v", b, err)
		}
	}
}
