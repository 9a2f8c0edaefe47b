package mesos

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRecords(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
		err      error
	}{
		{"none", "", nil, io.EOF},
		{"one", "5\nhello", []string{"hello"}, io.EOF},
		{"several", "1\na2\nbb0\n3\nccc", []string{"a", "bb", "", "ccc"}, io.EOF},
		{"newline within", "3\na\nb1\nc", []string{"a\nb", "c"}, io.EOF},
		{"cut in the length", "1\na1", []string{"a"}, io.ErrUnexpectedEOF},
		{"cut in the record", "5\nhel", nil, io.ErrUnexpectedEOF},
		{"cut before the record", "5\n", nil, io.ErrUnexpectedEOF},
		{"no length", "\nabc", nil, ErrProtocol},
		{"negative", "-1\na", nil, ErrProtocol},
		{"words", "<html>", nil, ErrProtocol},
		{"at the limit", "10\n0123456789", []string{"0123456789"}, io.EOF},
		{"over the limit", "11\n0123456789a", nil, ErrEventTooLarge},
		{"over any limit", "99999999999999999999\n", nil, ErrEventTooLarge},
		{"endless zeros", strings.Repeat("0", 100) + "\n", nil, ErrProtocol},
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(tt.in)
			if slow {
				r = iotest.OneByteReader(r)
			}
			rd := newRecords(r, 10)
			for _, want := range tt.want {
				got, err := rd.next()
				if err != nil || string(got) != want {
					t.Fatalf("%s: got %q, %v; want %q", tt.name, got, err, want)
				}
			}
			if _, err := rd.next(); !errors.Is(err, tt.err) {
				t.Errorf("%s: ended with %v, want %v", tt.name, err, tt.err)
			}
		}
	}
}

// A length is a promise: memory is taken for what arrives only.
func TestRecordsTakeMemoryAsDataArrives(t *testing.T) {
	rd := newRecords(strings.NewReader("268435456\nshort"), DefaultEventMax)
	if _, err := rd.next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if cap(rd.buf) > 2*recordStep {
		t.Errorf("took %d bytes for 5", cap(rd.buf))
	}
}

func TestRecordsGiveABigBufferBack(t *testing.T) {
	big := bytes.Repeat([]byte("x"), recordKeep+1)
	rd := newRecords(bytes.NewReader(append(frame(big), frame([]byte("y"))...)), DefaultEventMax)
	if got, err := rd.next(); err != nil || !bytes.Equal(got, big) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if got, err := rd.next(); err != nil || string(got) != "y" || cap(rd.buf) > recordKeep {
		t.Fatalf("%q, %v, buffer of %d", got, err, cap(rd.buf))
	}
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte("5\nhello0\n3\nabc"))
	f.Add([]byte("99\nshort"))
	f.Add([]byte("x\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 10
		rd := newRecords(bytes.NewReader(in), limit)
		slow := newRecords(iotest.OneByteReader(bytes.NewReader(in)), limit)
		for {
			a, errA := rd.next()
			b, errB := slow.next()
			if !bytes.Equal(a, b) || (errA == nil) != (errB == nil) {
				t.Fatalf("split reads differ: %q %v, %q %v", a, errA, b, errB)
			}
			if errA != nil {
				return
			}
			if len(a) > limit {
				t.Fatalf("%d bytes over the limit", len(a))
			}
		}
	})
}
