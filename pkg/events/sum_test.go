package events_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/pkg/events"
)

// TestSumIsAsDocumented: docs/events.md says which bytes it is over, and another sum
// would reject every record there is.
func TestSumIsAsDocumented(t *testing.T) {
	many := map[string]string{}
	for i := range 100 {
		many[fmt.Sprintf("h%d", i)] = strings.Repeat("v", i)
	}
	for name, m := range map[string]events.Message{
		"nothing":      {},
		"two headers":  {Subject: "s", Header: map[string]string{"b": "2", "a": "1"}, Data: []byte("{}")},
		"many headers": {Subject: "s", Header: many},
		"an envelope and more": {Subject: "s", Header: map[string]string{
			events.HeaderID: "1", events.HeaderTrace: "2", events.HeaderActor: "3", "a": "4", "ce-j": "5", "z": "6",
		}},
		"much data": {Subject: "s", Data: []byte(strings.Repeat("x", 5000))},
	} {
		sum := events.Sum(m)
		if want := documentedSum(m); sum != want {
			t.Errorf("%s: %x, want %x", name, sum, want)
		}
		m.Header = maps.Clone(m.Header)
		if m.Header == nil {
			m.Header = map[string]string{}
		}
		m.Header[events.HeaderSum] = base64.RawURLEncoding.EncodeToString(sum[:12])
		if again, err := events.CheckedSum(m); err != nil || again != sum {
			t.Errorf("%s with its sum: %x, %v, want %x", name, again, err, sum)
		}
	}
}

func documentedSum(m events.Message) [32]byte {
	var b []byte
	number := func(n int) {
		for ; n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		b = append(b, byte(n))
	}
	part := func(text string) {
		number(len(text))
		b = append(b, text...)
	}
	part(m.Subject)
	number(len(m.Header))
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		part(name)
		part(m.Header[name])
	}
	part(string(m.Data))
	return sha256.Sum256(b)
}

// TestEncodedFits: every event is written with its sum.
func TestEncodedFits(t *testing.T) {
	for _, s := range samples() {
		m := encoded(t, s)
		if err := events.CheckSum(m); err != nil {
			t.Errorf("%s: %v", s.event.Type(), err)
		}
		delete(m.Header, events.HeaderSum)
		if err := events.CheckSum(m); !errors.Is(err, events.ErrUnsummed) {
			t.Errorf("%s without a sum: %v, want ErrUnsummed", s.event.Type(), err)
		}
	}
}

// TestASumIsWhole: a part of one is none, nor is one with more behind it.
func TestASumIsWhole(t *testing.T) {
	m := encoded(t, samples()[0])
	whole := m.Header[events.HeaderSum]
	for cut := range len(whole) {
		m.Header[events.HeaderSum] = whole[:cut]
		if err := events.CheckSum(m); !errors.Is(err, events.ErrSum) {
			t.Errorf("%d characters of it: %v, want ErrSum", cut, err)
		}
	}
	for _, said := range []string{whole + "=", whole + "A", " " + whole, "!" + whole[1:]} {
		m.Header[events.HeaderSum] = said
		if err := events.CheckSum(m); !errors.Is(err, events.ErrSum) {
			t.Errorf("%q: %v, want ErrSum", said, err)
		}
	}
}

// TestAnyChangeIsSeen: a message that was changed anywhere does not fit.
func TestAnyChangeIsSeen(t *testing.T) {
	all := samples()
	rapid.Check(t, func(rt *rapid.T) {
		m := encoded(t, rapid.SampledFrom(all).Draw(rt, "sample"))
		if what := change(rt, &m); !errors.Is(events.CheckSum(m), events.ErrSum) {
			rt.Fatalf("%s is not seen", what)
		}
	})
}

// change changes a message in one place, and says in which.
func change(t *rapid.T, m *events.Message) string {
	flip := func(text string) string {
		b := []byte(text)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		return string(b)
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(m.Header))).Draw(t, "header")
	switch rapid.IntRange(0, 6).Draw(t, "change") {
	case 0:
		m.Subject = flip(m.Subject)
		return "another subject"
	case 1:
		m.Data = []byte(flip(string(m.Data)))
		return "other data"
	case 2:
		m.Header[name] = flip(m.Header[name])
		return "another value of " + name
	case 3:
		if name == events.HeaderSum { // It is missed elsewhere.
			m.Data = append(m.Data, ' ')
			return "more data"
		}
		delete(m.Header, name)
		return "the lack of " + name
	case 4:
		m.Header["x"] = ""
		return "a header more"
	case 5:
		// What leaves one part comes into the next.
		m.Data, m.Subject = append([]byte(m.Subject[len(m.Subject)-1:]), m.Data...), m.Subject[:len(m.Subject)-1]
		return "a byte moved from the subject to the data"
	default:
		m.Data = m.Data[:len(m.Data)-1]
		return "less data"
	}
}

// FuzzCheckSum: of two messages that differ no sum fits both.
func FuzzCheckSum(f *testing.F) {
	f.Add("s", "a", "1", []byte("x"), "s", "a", "1", []byte("y"))
	f.Add("s", "a", "1", []byte("x"), "sa", "", "1", []byte("x"))
	f.Add("s", "ab", "", []byte("x"), "s", "a", "b", []byte("x"))
	f.Fuzz(func(t *testing.T, s1, k1, v1 string, d1 []byte, s2, k2, v2 string, d2 []byte) {
		if k1 == events.HeaderSum || k2 == events.HeaderSum {
			return
		}
		a := events.Message{Subject: s1, Header: map[string]string{k1: v1}, Data: d1}
		b := events.Message{Subject: s2, Header: map[string]string{k2: v2}, Data: d2}
		same := s1 == s2 && k1 == k2 && v1 == v2 && string(d1) == string(d2)
		if (events.Sum(a) == events.Sum(b)) != same {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

func BenchmarkCheckSum(b *testing.B) {
	for _, s := range samples() {
		m := encoded(b, s)
		b.Run(s.event.Type(), func(b *testing.B) {
			b.SetBytes(int64(len(m.Data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := events.CheckSum(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, size := range []int{1 << 10, 1 << 16} {
		m := encoded(b, samples()[0])
		m.Data = make([]byte, size)
		b.Run(fmt.Sprint(size, " bytes"), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				_ = events.Sum(m)
			}
		})
	}
}
