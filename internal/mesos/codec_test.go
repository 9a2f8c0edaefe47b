package mesos

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// A skipped field whose length, added to the position, overflows: the generated
// code then indexes before the start (CVE-2021-3121).
func overflowing() []byte {
	rec := bytes.Repeat([]byte{0x08, 0x01}, 10)
	return append(rec, 0xfa, 0x7f, 0xf4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
}

func TestDecodeSurvivesAPanic(t *testing.T) {
	if _, err := decodeEvent(overflowing()); !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("got %v", err)
	}
}

// Whatever a master sends, it is an event or an error, never a panic.
func FuzzDecodeEvent(f *testing.F) {
	add := func(rec []byte) {
		got, err := newRecords(bytes.NewReader(rec), DefaultEventMax).next()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(got)
	}
	add(subscribed(15))
	add(heartbeat())
	add(errorEvent("Framework failed over"))
	add(offersEvent(wireTestOffer("o", scalar("cpus", 1, "r"), portsResource(mesos.Value_Range{Begin: 1, End: 2}))))
	add(updateEvent(mesos.TaskStatus{TaskID: mesos.TaskID{Value: "t"}, State: mesos.TASK_RUNNING.Enum(), UUID: make([]byte, 16)}))
	f.Add(overflowing())
	f.Fuzz(func(t *testing.T, rec []byte) {
		ev, err := decodeEvent(rec)
		if err != nil {
			if !errors.Is(err, ErrProtocol) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		s := &Subscription{book: newBook()}
		if got := s.take(ev); got == nil && ev.Type == scheduler.Event_OFFERS {
			t.Fatal("offers lost")
		}
	})
}
