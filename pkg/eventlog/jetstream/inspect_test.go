package jetstream_test

import (
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestInspect: what is there is told as it is, what is not or is otherwise by its
// error, and nothing is made.
func TestInspect(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	ledger := jetstream.Options{URL: s.URL(), Stream: "L", Subjects: []string{"l.>"}, MaxBytes: 1 << 20, Replicas: 1}
	if err := jetstream.Create(within(t), ledger); err != nil {
		t.Fatal(err)
	}
	log, err := jetstream.Open(within(t), ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	for range 3 {
		if _, err := log.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "l.a"})); err != nil {
			t.Fatal(err)
		}
	}
	other, missing := ledger, ledger
	other.Subjects, missing.Stream = []string{"m.>"}, "M"
	bucket := jetstream.Options{URL: s.URL(), Stream: "KV_" + jetstream.LeaseBucket}
	for range 2 {
		i, err := jetstream.Inspect(within(t), jetstream.Options{URL: s.URL()}, ledger, other, missing, bucket)
		if err != nil {
			t.Fatal(err)
		}
		if i.Unfit != nil || i.Version == "" || i.TLS || !i.Anyone || !i.Admin || i.SkewWithin <= 0 || i.Skew.Abs() > i.SkewWithin+jetstream.DefaultAppendTimeout {
			t.Errorf("%+v", i)
		}
		var unfit *jetstream.UnfitError
		var none *jetstream.NoStreamError
		l := i.Streams[0]
		if l.Err != nil || l.First != 1 || l.Last != 3 || l.Replicas != 1 || l.Current != 1 || l.Bytes == 0 || l.MaxBytes != 1<<20 {
			t.Errorf("the ledger: %+v", l)
		}
		if err := i.Streams[1].Err; !errors.As(err, &unfit) || unfit.Setting != "subjects" {
			t.Errorf("with other subjects: %v", err)
		}
		if err := i.Streams[2].Err; !errors.As(err, &none) || none.Stream != "M" {
			t.Errorf("one that is not there: %v", err)
		}
		if err := i.Streams[3].Err; !errors.As(err, &none) {
			t.Errorf("a bucket that is not there: %v", err)
		}
	}
}
