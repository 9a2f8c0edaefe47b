package eventlog_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

func msg(subject string) eventlog.Message { return eventlog.Message{Subject: subject} }

func TestExpectation(t *testing.T) {
	if _, ok := eventlog.Fact(msg("a")).Expect.Last(); ok {
		t.Error("a fact has an expectation")
	}
	for _, want := range []uint64{0, 7} {
		if last, ok := eventlog.Decision(msg("a"), want).Expect.Last(); !ok || last != want {
			t.Errorf("expectation is %d, %v, want %d", last, ok, want)
		}
	}
	if eventlog.Conditional([]eventlog.Entry{eventlog.Fact(msg("a"))}) {
		t.Error("facts are conditional")
	}
	if !eventlog.Conditional([]eventlog.Entry{eventlog.Fact(msg("a")), eventlog.Decision(msg("b"), 0)}) {
		t.Error("a decision among facts is not conditional")
	}
}

func TestCheckSubject(t *testing.T) {
	for subject, valid := range map[string]bool{
		"a": true, "taurus.ev.0.task.web=2Fcart.12": true, "a.ü": true, "a-b_c~%": true,
		"": false, ".": false, ".a": false, "a.": false, "a..b": false, "*": false, "a.*": false, "a.b*": false,
		">": false, "a.>": false, "a b": false, "a\tb": false, "a\nb": false, "a\x00": false, "a\x7f": false,
	} {
		err := eventlog.Check([]eventlog.Entry{eventlog.Fact(msg(subject))})
		if valid && err != nil {
			t.Errorf("subject %q: %v", subject, err)
		}
		if !valid && !errors.Is(err, eventlog.ErrInvalid) {
			t.Errorf("subject %q: got %v, want %v", subject, err, eventlog.ErrInvalid)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for err, want := range map[error]string{
		&eventlog.GapError{Want: 4, Got: 9}:                                        "range 4..8",
		&eventlog.GapError{Want: 10, Got: 6}:                                       "ends at 5",
		&eventlog.GapError{Want: 71, Got: 76, Tail: true}:                          "ends at 75, and nothing from 71 on can be read",
		&eventlog.TruncatedError{First: 12}:                                        "first sequence kept is 12",
		&eventlog.FullError{Limit: eventlog.LimitLog}:                              "taurus log resize",
		&eventlog.FullError{Limit: eventlog.LimitAccount}:                          "account",
		&eventlog.FullError{Limit: eventlog.LimitServer, Cause: errors.New("why")}: "max_file_store (--max-store): why",
		eventlog.Check(nil):                                                        "nothing to append",
		eventlog.Check(make([]eventlog.Entry, 1)):                                  "subject is empty",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
}

// FuzzCheck holds Check to its word: what it lets through has nothing in it
// that the line protocol of a log would take for its own.
func FuzzCheck(f *testing.F) {
	f.Add("taurus.ev.0.job.web", "ce-id", "1", []byte("{}"))
	f.Add("a b", "k", "v\r\nNats-Expected-Last-Subject-Sequence: 0", []byte(nil))
	f.Add("a.>", "NATS-TTL", "1s", []byte{0})
	f.Add("..", "", " ", []byte("x"))
	f.Fuzz(func(t *testing.T, subject, name, value string, data []byte) {
		m := eventlog.Message{Subject: subject, Header: map[string]string{name: value}, Data: data}
		err := eventlog.Check([]eventlog.Entry{eventlog.Fact(m)})
		if err != nil {
			if !errors.Is(err, eventlog.ErrInvalid) && !errors.Is(err, eventlog.ErrTooLarge) {
				t.Fatalf("unexpected kind of error: %v", err)
			}

			return
		}
		switch {
		case strings.ContainsAny(subject, " \t\r\n*>\x00") || strings.Contains("."+subject+".", ".."):
			t.Errorf("subject %q was let through", subject)
		case strings.ContainsAny(name, ": \t\r\n") || name == "" || strings.HasPrefix(strings.ToLower(name), "nats-"):
			t.Errorf("header name %q was let through", name)
		case strings.ContainsAny(value, "\r\n\x00") || strings.Trim(value, " \t") != value:
			t.Errorf("header value %q was let through", value)
		case utf8.RuneCountInString(subject) > eventlog.MaxSubject || eventlog.Size(m) > eventlog.MaxMessage:
			t.Errorf("%d bytes were let through", eventlog.Size(m))
		}
	})
}
