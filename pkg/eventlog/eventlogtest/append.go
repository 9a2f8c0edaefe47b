package eventlogtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got the error %v, want %v", err, want)
	}
}

func wantReceipt(t testing.TB, got eventlog.Receipt, first, last uint64) {
	t.Helper()
	if want := (eventlog.Receipt{First: first, Last: last}); got != want {
		t.Fatalf("receipt is %+v, want %+v", got, want)
	}
}

func wantData(t testing.TB, l eventlog.Log, want ...string) {
	t.Helper()
	var got []string
	for _, rec := range all(t, l) {
		got = append(got, string(rec.Data))
	}
	if g, w := strings.Join(got, " "), strings.Join(want, " "); g != w {
		t.Fatalf("the log holds [%s], want [%s]", g, w)
	}
}

func testAppendFacts(t *testing.T, h Harness) {
	wantReceipt(t, appendOne(t, h.Log, eventlog.Fact(message("a", "1"))), 1, 1)
	wantReceipt(t, appendOne(t, h.Log, eventlog.Fact(message("a", "2"))), 2, 2)
	wantReceipt(t, appendOne(t, h.Log, eventlog.Fact(message("b", "3")), eventlog.Fact(message("c", "4"))), 3, 4)
	wantData(t, h.Another(t), "1", "2", "3", "4")
}

func testAppendDecision(t *testing.T, h Harness) {
	one := appendOne(t, h.Log, eventlog.Decision(message("a", "1"), 0))
	appendOne(t, h.Log, eventlog.Fact(message("b", "other")))
	other := h.Another(t)
	failsWith(t, other, eventlog.ErrConflict, eventlog.Decision(message("a", "no"), 0))
	failsWith(t, other, eventlog.ErrConflict, eventlog.Decision(message("a", "no"), one.Last+1))
	two := appendOne(t, other, eventlog.Decision(message("a", "2"), one.Last))
	failsWith(t, h.Log, eventlog.ErrConflict, eventlog.Decision(message("a", "no"), one.Last))
	fact := appendOne(t, h.Log, eventlog.Fact(message("a", "3")))
	failsWith(t, h.Log, eventlog.ErrConflict, eventlog.Decision(message("a", "no"), two.Last))
	appendOne(t, h.Log, eventlog.Decision(message("a", "4"), fact.Last))
	wantData(t, h.Log, "1", "other", "2", "3", "4")
}

func testAppendBatch(t *testing.T, h Harness) {
	fill(t, h.Log, "before", 3)
	var batch []eventlog.Entry
	want := []string{"0", "1", "2"}
	for i := range 100 {
		batch = append(batch, eventlog.Decision(message(fmt.Sprintf("batch.%d", i), fmt.Sprint(i)), 0))
		want = append(want, fmt.Sprint(i))
	}
	wantReceipt(t, appendOne(t, h.Log, batch...), 4, 103)
	failsWith(t, h.Log, eventlog.ErrConflict, batch...)
	wantData(t, h.Log, want...)

	full := make([]eventlog.Entry, eventlog.MaxBatch)
	for i := range full {
		full[i] = eventlog.Decision(message(fmt.Sprintf("full.%d", i), "x"), 0)
	}
	wantReceipt(t, appendOne(t, h.Log, full...), 104, 103+eventlog.MaxBatch)
}

func testAppendMixedBatch(t *testing.T, h Harness) {
	appendOne(t, h.Log, eventlog.Fact(message("a", "1")), eventlog.Fact(message("b", "2")))
	receipt := appendOne(t, h.Log,
		eventlog.Decision(message("b", "3"), 2),
		eventlog.Fact(message("b", "4")),
		eventlog.Fact(message("c", "5")),
		eventlog.Decision(message("a", "6"), 1),
	)
	wantReceipt(t, receipt, 3, 6)
	appendOne(t, h.Log, eventlog.Decision(message("b", "7"), 4))
	wantData(t, h.Log, "1", "2", "3", "4", "5", "6", "7")
}

func testRefusedMember(t *testing.T, h Harness) {
	appendOne(t, h.Log, eventlog.Decision(message("taken", "1"), 0))
	for at := range 3 {
		batch := []eventlog.Entry{
			eventlog.Decision(message("x", "no"), 0),
			eventlog.Decision(message("y", "no"), 0),
			eventlog.Fact(message("z", "no")),
		}
		batch[at] = eventlog.Decision(message("taken", "no"), 0)
		failsWith(t, h.Log, eventlog.ErrConflict, batch...)
	}
	wantData(t, h.Log, "1")
	// The refused batches left nothing behind that is in the way.
	appendOne(t, h.Log, eventlog.Decision(message("x", "2"), 0), eventlog.Decision(message("taken", "3"), 1))
	wantData(t, h.Log, "1", "2", "3")
}

func testExpectTwice(t *testing.T, h Harness) {
	err := refusal(t, h.Log, eventlog.ErrInvalid,
		eventlog.Decision(message("a", "1"), 0), eventlog.Decision(message("a", "2"), 1))
	if !strings.Contains(err.Error(), "taurus.ev.0.a") {
		t.Errorf("the error %q does not name the subject", err)
	}
	failsWith(t, h.Log, eventlog.ErrInvalid,
		eventlog.Fact(message("a", "1")), eventlog.Decision(message("a", "2"), 0))
	wantData(t, h.Log)
}

func testLimits(t *testing.T, h Harness) {
	batch := make([]eventlog.Entry, eventlog.MaxBatch+1)
	for i := range batch {
		batch[i] = eventlog.Decision(message(fmt.Sprintf("a.%d", i), ""), 0)
	}
	big := message("a", strings.Repeat("x", eventlog.MaxMessage+1))
	header := message("a", "")
	header.Header = map[string]string{"k": strings.Repeat("x", eventlog.MaxHeader)}
	for name, entries := range map[string][]eventlog.Entry{
		"MaxBatch":   batch,
		"MaxMessage": {eventlog.Fact(big)},
		"MaxHeader":  {eventlog.Fact(header)},
		"MaxSubject": {eventlog.Fact(message(strings.Repeat("x", eventlog.MaxSubject), ""))},
	} {
		if err := refusal(t, h.Log, eventlog.ErrTooLarge, entries...); !strings.Contains(err.Error(), name) {
			t.Errorf("the error %q does not name the limit %s", err, name)
		}
	}
	wantData(t, h.Log)
}

func testInvalid(t *testing.T, h Harness) {
	failsWith(t, h.Log, eventlog.ErrInvalid)
	for _, subject := range []string{"a.*", "a.>", "a b", "a..b", "a.", "ä\x00", "a\r\nb"} {
		failsWith(t, h.Log, eventlog.ErrInvalid, eventlog.Fact(message(subject, "")))
	}
	failsWith(t, h.Log, eventlog.ErrInvalid, eventlog.Fact(eventlog.Message{}))
	for k, v := range map[string]string{
		"": "v", "a b": "v", "a:b": "v", "ä": "v", "Nats-Msg-Id": "v", "nats-ttl": "v",
		"cr": "a\rb", "lf": "a\nb", "lead": " v", "trail": "v\t", "nul": "\x00",
	} {
		m := message("a", "")
		m.Header = map[string]string{k: v}
		failsWith(t, h.Log, eventlog.ErrInvalid, eventlog.Fact(m))
	}
	wantData(t, h.Log)
}

func testManyFacts(t *testing.T, h Harness) {
	const n = 2*eventlog.MaxBatch + 1
	entries := make([]eventlog.Entry, n)
	want := make([]string, n)
	for i := range entries {
		want[i] = fmt.Sprint(i)
		entries[i] = eventlog.Fact(message(fmt.Sprintf("a.%d", i%7), want[i]))
	}
	wantReceipt(t, appendOne(t, h.Log, entries...), 1, n)
	wantData(t, h.Log, want...)
}

func testFactOrder(t *testing.T, h Harness) {
	var want []string
	for size := 2; size < 40; size += 3 {
		var entries []eventlog.Entry
		for i := range size {
			want = append(want, fmt.Sprintf("%d/%d", i, size))
			entries = append(entries, eventlog.Fact(message("a", want[len(want)-1])))
		}
		appendOne(t, h.Log, entries...)
	}
	wantData(t, h.Log, want...)
}

func testAppendCancelled(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Log.Append(ctx, eventlog.Fact(message("a", "no")))
	wantError(t, err, context.Canceled)
	wantData(t, h.Log)
}

func testRoundTrip(t *testing.T, h Harness) {
	messages := []eventlog.Message{
		{Subject: "taurus.ev.0.a", Header: map[string]string{
			"ce-id": "1", "CE-ID": "2", "Ce-Id": "3", "empty": "", "utf8": "Žižkov ☃", "inner": "a  b\tc: d", "traceparent": "00-0af7-b7ad-01",
			"quotes": `"%20'\`, "!#$%&'*+-.^_`|~": "token",
		}, Data: []byte("{}")},
		{Subject: "taurus.ev.0.b~%=/-_", Data: nil},
		{Subject: "taurus.ev.0.ü", Data: []byte{0, 1, 0xff, '\r', '\n', 0}},
		{Subject: "taurus.ev.0.c", Header: map[string]string{"only": "header"}},
	}
	for i, m := range messages {
		appendOne(t, h.Log, eventlog.Decision(m, 0))
		appendOne(t, h.Log, eventlog.Fact(m))
		appendOne(t, h.Log, eventlog.Decision(m, uint64(4*i+2)), eventlog.Fact(message("filler", "")))
		messages[i].Header = maps.Clone(m.Header)
	}
	for _, rec := range all(t, h.Log) {
		if rec.Subject == "taurus.ev.0.filler" {
			continue
		}
		for _, want := range messages {
			if want.Subject == rec.Subject && (!bytes.Equal(rec.Data, want.Data) || !maps.Equal(rec.Header, want.Header)) {
				t.Errorf("sequence %d is %+v, want %+v", rec.Sequence, rec.Message, want)
			}
		}
	}
	if got, want := bounds(t, h.Log).Last, uint64(4*len(messages)); got != want {
		t.Errorf("the log ends at %d, want %d", got, want)
	}
}

func testLarge(t *testing.T, h Harness) {
	m := message("a", "")
	m.Header = map[string]string{"k": strings.Repeat("h", eventlog.MaxHeader-len("k: \r\n"))}
	m.Data = bytes.Repeat([]byte{'d'}, eventlog.MaxMessage-eventlog.Size(m))
	if eventlog.Size(m) != eventlog.MaxMessage {
		t.Fatalf("the message has %d bytes, want %d", eventlog.Size(m), eventlog.MaxMessage)
	}
	b := m
	b.Subject += "b"
	appendOne(t, h.Log, eventlog.Decision(m, 0))
	appendOne(t, h.Log, eventlog.Decision(m, 1), eventlog.Decision(b, 0))
	for _, rec := range all(t, h.Log) {
		if !bytes.Equal(rec.Data, m.Data) || !maps.Equal(rec.Header, m.Header) {
			t.Errorf("sequence %d came back changed", rec.Sequence)
		}
	}
}

func testCopied(t *testing.T, h Harness) {
	m := message("a", "before")
	m.Header = map[string]string{"k": "before"}
	appendOne(t, h.Log, eventlog.Fact(m))
	copy(m.Data, "after!")
	m.Header["k"] = "after"
	rec := all(t, h.Log)[0]
	if string(rec.Data) != "before" || rec.Header["k"] != "before" {
		t.Errorf("the log holds %+v: it was changed from outside", rec.Message)
	}
}
