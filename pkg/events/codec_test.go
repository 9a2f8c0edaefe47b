package events_test

import (
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

func encoded(t testing.TB, s sample) events.Message {
	t.Helper()
	m, err := events.Encode(s.subject, s.env, s.event)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestUnknownTypeIsKept(t *testing.T) {
	for _, name := range []string{"taurus.job.renamed.v1", "taurus.job.submitted", "taurus.job.submitted.v", "taurus.job.submitted.vx", "x"} {
		m := encoded(t, samples()[0])
		m.Header[events.HeaderType], m.Data = name, []byte(`{"b":1, "a":[2]}`)
		env, ev, err := events.Decode(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if u, ok := ev.(events.Unknown); !ok || u.Type() != name {
			t.Fatalf("%s decodes as %#v", name, ev)
		}
		m.Data[2] = '!' // The event must not share the message's memory.
		again, err := events.Encode(m.Subject, env, ev)
		if err == nil {
			err = events.CheckSum(again)
		}
		m.Header[events.HeaderSum] = again.Header[events.HeaderSum] // It was that of another type.
		if err != nil || string(again.Data) != `{"b":1, "a":[2]}` || !maps.Equal(again.Header, m.Header) {
			t.Errorf("%s: again %s %v (%v)", name, again.Data, again.Header, err)
		}
	}
}

// TestInvalidUTF8IsReplaced: a status whose message is no text is written down all
// the same.
func TestInvalidUTF8IsReplaced(t *testing.T) {
	s := samples()[0]
	s.event = events.TaskStatusChanged{State: "TASK_FAILED", Message: "said \xff\xfe", Addresses: []string{"\xc3"}}
	_, ev, err := events.Decode(encoded(t, s))
	if got, ok := ev.(events.TaskStatusChanged); !ok || got.Message != "said \ufffd\ufffd" || got.Addresses[0] != "\ufffd" {
		t.Fatalf("%#v, %v", ev, err)
	}
}

func TestUnknownMajorIsRefused(t *testing.T) {
	for _, major := range []string{"v2", "v0", "v01", "v10", "v99999999999999999999"} {
		m := encoded(t, samples()[0])
		m.Header[events.HeaderType] = "taurus.job.submitted." + major
		if _, ev, err := events.Decode(m); !errors.Is(err, events.ErrUnknownMajor) || ev != nil {
			t.Errorf("%s: %v, %v, want ErrUnknownMajor", major, ev, err)
		}
	}
}

// TestAdditiveMembersSurvive: an older program that reads and writes an event
// of a newer one loses nothing.
func TestAdditiveMembersSurvive(t *testing.T) {
	for _, s := range samples() {
		m := encoded(t, s)
		m.Data = append([]byte(`{"new_in_1_1":{"deep":[1,null]},`), m.Data[1:]...)
		env, ev, err := events.Decode(m)
		if err != nil {
			t.Fatalf("%s: %v", s.event.Type(), err)
		}
		again, err := events.Encode(m.Subject, env, ev)
		if err != nil {
			t.Fatalf("%s: %v", s.event.Type(), err)
		}
		if a, b := members(t, m.Data), members(t, again.Data); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: was %v, is %v", s.event.Type(), a, b)
		}
	}
}

func TestMalformedBodies(t *testing.T) {
	for _, s := range samples() {
		for _, body := range []string{"", "[]", `"x"`, "null", " null", `{"run":`, `{"run":1,"run":2}`, `{"x":"` + "\xff" + `"}`, `{} {}`} {
			m := encoded(t, s)
			m.Data = []byte(body)
			if _, ev, err := events.Decode(m); !errors.Is(err, events.ErrBody) || ev != nil {
				t.Errorf("%s %q: %v, %v, want ErrBody", s.event.Type(), body, ev, err)
			}
		}
	}
	m := encoded(t, samples()[1])
	m.Data = []byte(`{"run":-1}`)
	if _, _, err := events.Decode(m); !errors.Is(err, events.ErrBody) {
		t.Errorf("negative run: %v, want ErrBody", err)
	}
}

func TestEnvelopeFaults(t *testing.T) {
	for _, c := range []struct {
		name, header, value string // an empty value removes the header
	}{
		{"no id", events.HeaderID, ""},
		{"no type", events.HeaderType, ""},
		{"no time", events.HeaderTime, ""},
		{"time of another form", events.HeaderTime, "01 Mar 26 12:00 UTC"},
		{"time that UTC cannot write", events.HeaderTime, "9999-12-31T23:59:59-01:00"},
		{"time before year 0", events.HeaderTime, "0000-01-01T00:00:00+01:00"},
		{"negative cause", events.HeaderCause, "-1"},
		{"epoch no number", events.HeaderEpoch, "nine"},
		{"epoch too large", events.HeaderEpoch, "18446744073709551616"},
		{"counter no number", events.HeaderCounter, "1.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := encoded(t, samples()[0])
			if c.value == "" {
				delete(m.Header, c.header)
			} else {
				m.Header[c.header] = c.value
			}
			_, ev, err := events.Decode(m)
			if !errors.Is(err, events.ErrEnvelope) || ev != nil {
				t.Fatalf("%v, %v, want ErrEnvelope", ev, err)
			}
		})
	}
}

// TestEnvelopeIsOptional: what is zero has no header, and comes back zero.
func TestEnvelopeIsOptional(t *testing.T) {
	env := events.Envelope{ID: "i", Source: "s", Time: at(0)}
	m, err := events.Encode("taurus.ev.1.job.x", env, events.JobDeleted{Run: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		events.HeaderSpecVersion: "1.0", events.HeaderID: "i", events.HeaderSource: "s",
		events.HeaderType: "taurus.job.deleted.v1", events.HeaderTime: "2026-03-01T12:00:00.25Z",
		events.HeaderSum: "VhKYB0oEI_11EPfI",
	}
	if !maps.Equal(m.Header, want) {
		t.Errorf("headers %v, want %v", m.Header, want)
	}
	if got, _, err := events.Decode(m); err != nil || got != env {
		t.Errorf("envelope %+v (%v), want %+v", got, err, env)
	}
}

// TestTimeIsWrittenInUTC whatever the writer's zone is.
func TestTimeIsWrittenInUTC(t *testing.T) {
	env := events.Envelope{ID: "i", Time: at(0).In(time.FixedZone("", 3600))}
	m, err := events.Encode("taurus.ev.1.job.x", env, events.JobDeleted{})
	if err != nil || m.Header[events.HeaderTime] != "2026-03-01T12:00:00.25Z" {
		t.Errorf("%v (%v)", m.Header, err)
	}
}

// FuzzDecode: no message makes the decoder panic, and what decodes is stable:
// once written again it reads and writes the same for ever.
func FuzzDecode(f *testing.F) {
	for _, s := range samples() {
		m := encoded(f, s)
		f.Add(m.Header[events.HeaderType], m.Header[events.HeaderID], m.Header[events.HeaderTime],
			m.Header[events.HeaderEpoch], m.Header[events.HeaderActor], m.Data)
	}
	f.Add("taurus.job.submitted.v2", "i", "2026-03-01T12:00:00Z", "1", "", []byte("{}"))
	f.Add("taurus.job.stopped.v1", "i", "9999-12-31T23:59:59-23:59", "1", "", []byte(`{"run":1,"more":{}}`))
	f.Add("taurus.job.submitted.v1", "i", "2026-03-01T12:00:00Z", "1", "", []byte(`{"spec":null}`))
	f.Add("other", "i", "2026-03-01T12:00:00,5+01:00", "007", "a", []byte("\x00"))
	f.Fuzz(func(t *testing.T, name, id, when, epoch, actor string, data []byte) {
		m := events.Message{Subject: "taurus.ev.1.job.x", Data: data, Header: map[string]string{
			events.HeaderType: name, events.HeaderID: id, events.HeaderTime: when, events.HeaderActor: actor,
		}}
		if epoch != "" {
			m.Header[events.HeaderEpoch] = epoch
		}
		env, ev, err := events.Decode(m)
		if err != nil {
			if ev != nil {
				t.Fatalf("an event with %v", err)
			}
			return
		}
		first, err := events.Encode(m.Subject, env, ev)
		if err != nil {
			t.Fatalf("read, but not writable: %v", err)
		}
		env, ev, err = events.Decode(first)
		if err != nil {
			t.Fatalf("written, but not readable: %v", err)
		}
		second, err := events.Encode(m.Subject, env, ev)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("not stable (%v):\n%s %v\n%s %v", err, first.Data, first.Header, second.Data, second.Header)
		}
	})
}
