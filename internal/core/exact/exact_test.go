package exact_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/exact"
)

// part is pointed to, and has something that nobody else sees.
type part struct {
	Name   string
	hidden int
}

type place struct{ A, B string }

type word string

// all has some of everything.
type all struct {
	Bool   bool
	Int    int8
	Uint   uint64
	Float  float64
	Text   string
	Word   word
	Bytes  []byte
	At     time.Time
	Maybe  *int
	List   []string
	Lists  [][]uint32
	Three  [3]part
	Named  map[string]part
	Count  map[uint32]int
	Signed map[int8]string
	Places map[place]*part
	Truth  map[bool]string
	part
	One, Other *part
	Parts      []*part
	Labels     map[string]string
	More       []map[string]string
	made       *part
	hidden     []part
}

func codec(t testing.TB) *exact.Codec[all] {
	t.Helper()
	c, err := exact.New[all]("exact_test.all.made")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func draw(t *rapid.T) *all {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\xff", "a\xf0\x28", "\x00", "base64"}))
	seconds := rapid.Int64Range(-1<<40, 1<<40)
	at := rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(seconds.Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		if east := rapid.SampledFrom([]int{0, 0, 3600, -5400, 61}).Draw(t, "east"); east != 0 {
			at = at.In(time.FixedZone("", east))
		}
		return at
	})
	parts := rapid.Custom(func(t *rapid.T) part { return part{text.Draw(t, "name"), rapid.Int().Draw(t, "hidden")} })
	shared := rapid.SliceOfN(rapid.Ptr(parts, false), 2, 2).Draw(t, "shared")
	one := rapid.OneOf(rapid.SampledFrom(shared), rapid.Ptr(parts, false))
	labels := rapid.MapOf(text, text).Draw(t, "labels")
	v := &all{
		Bool: rapid.Bool().Draw(t, "bool"), Int: rapid.Int8().Draw(t, "int"), Uint: rapid.Uint64().Draw(t, "uint"), Float: rapid.Float64().Draw(t, "float"),
		Text: text.Draw(t, "text"), Word: word(text.Draw(t, "word")), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), At: at.Draw(t, "at"),
		Maybe: rapid.Ptr(rapid.Int(), true).Draw(t, "maybe"), List: rapid.SliceOf(text).Draw(t, "list"), Lists: rapid.SliceOf(rapid.SliceOf(rapid.Uint32())).Draw(t, "lists"),
		Three: [3]part{1: parts.Draw(t, "of three")}, Named: rapid.MapOf(text, parts).Draw(t, "named"), Count: rapid.MapOf(rapid.Uint32(), rapid.Int()).Draw(t, "count"),
		Signed: rapid.MapOf(rapid.Int8(), text).Draw(t, "signed"), Truth: rapid.MapOf(rapid.Bool(), text).Draw(t, "truth"), part: parts.Draw(t, "part"),
		Places: rapid.MapOf(rapid.Custom(func(t *rapid.T) place { return place{text.Draw(t, "a"), text.Draw(t, "b")} }), one).Draw(t, "places"),
		One:    one.Draw(t, "one"), Other: one.Draw(t, "other"), Parts: rapid.SliceOf(one).Draw(t, "parts"), Labels: labels,
		More: []map[string]string{labels, nil, {}}, made: &part{}, hidden: rapid.SliceOf(parts).Draw(t, "hidden"),
	}
	if rapid.Bool().Draw(t, "nothing") {
		v.List, v.Lists, v.Named, v.Bytes, v.One, v.Labels = nil, [][]uint32{nil, {}}, nil, nil, nil, nil
	}
	return v
}

// TestAllComesBack: whatever the value, but for what is derived, and equal values are written
// the same.
func TestAllComesBack(t *testing.T) {
	c := codec(t)
	rapid.Check(t, func(t *rapid.T) {
		v := draw(t)
		data, err := c.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := c.Decode(data)
		if err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if v.made = nil; !reflect.DeepEqual(v, back) {
			t.Fatalf("%+v\nis not\n%+v\nby %s", back, v, data)
		}
		again, err := c.Encode(back)
		if err != nil || string(again) != string(data) {
			t.Fatalf("%s, %v\nis not\n%s", again, err, data)
		}
		if (v.One == v.Other) != (back.One == back.Other) {
			t.Fatal("what was one is two, or the other way")
		}
		for i := range v.Parts {
			if (v.Parts[i] == v.One) != (back.Parts[i] == back.One) {
				t.Fatal("what was one is two, or the other way")
			}
		}
	})
}

// TestShared: a map that is there twice is one map when it is back, and one that is empty is
// nobody else's.
func TestShared(t *testing.T) {
	c := codec(t)
	labels := map[string]string{"a": "b"}
	back, err := c.Decode(encode(t, c, &all{Labels: labels, More: []map[string]string{labels, {}, {}}}))
	if err != nil {
		t.Fatal(err)
	}
	back.Labels["c"], back.More[1]["d"] = "d", "e"
	if back.More[0]["c"] != "d" || len(back.More[2]) != 0 {
		t.Errorf("%+v", back)
	}
}

func encode(t *testing.T, c *exact.Codec[all], v *all) []byte {
	t.Helper()
	data, err := c.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestWritten: it can be read by people.
func TestWritten(t *testing.T) {
	c := codec(t)
	p := &part{Name: "p", hidden: 7}
	v := &all{
		Text: "t\xff", At: time.Unix(1, 5).UTC(), One: p, Parts: []*part{p, p}, Count: map[uint32]int{10: 1, 9: 2}, Lists: [][]uint32{nil, {}},
		Places: map[place]*part{{A: "x"}: p}, List: []string{}, made: p,
	}
	want := `{"Text":{"base64":"dP8="},"At":"1970-01-01T00:00:01.000000005Z","List":[],"Lists":[null,[]],"Three":[{},{},{}],"Count":{"9":2,"10":1},` +
		`"Places":[[{"A":"x"},{"Name":"p","hidden":7}]],"One":2,"Parts":[2,2]}`
	got := strings.Join(strings.Fields(string(encode(t, c, v))), "")
	want = strings.ReplaceAll(want, `"Three":[{},{},{}],`, "")
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestMalformed: what was not written so is not read.
func TestMalformed(t *testing.T) {
	c := codec(t)
	for _, text := range []string{
		``, `null`, `[]`, `7`, `{`, `{"Text":`, `{"Text":7}`, `{"Text":null}`, `{"Text":{"base65":"aa"}}`, `{"Text":{"base64":"!"}}`, `{"Text":{"base64":"aa==","x":1}}`,
		`{"None":1}`, `{"made":{}}`, `{"Bool":1}`, `{"Int":128}`, `{"Int":1.5}`, `{"Int":1e1}`, `{"Uint":-1}`, `{"Float":"NaN"}`, `{"Float":1e999}`, `{"Bytes":"!"}`, `{"Bytes":7}`,
		`{"At":"yesterday"}`, `{"At":[1,2]}`, `{"At":[1,-2,0]}`, `{"At":[1,2,86400]}`, `{"At":[1,2,3,4]}`, `{"Maybe":null}`, `{"List":{}}`, `{"List":[null]}`,
		`{"Three":[{},{}]}`, `{"Three":[{},{},{},{}]}`, `{"Named":{"a":{},"a":{}}}`, `{"Named":[["a",{}],["a",{}]]}`, `{"Named":[["a"]]}`, `{"Count":{"x":1}}`, `{"Count":{"-1":1}}`,
		`{"Count":{"1":1,"01":2}}`, `{"Signed":{"x":""}}`, `{"Places":{"a":{}}}`, `{"One":null}`, `{"One":0}`, `{"Parts":[null]}`, `{"Parts":[{},1]}`, `{"Labels":{"a":"b"},"One":0}`,
		`{"Text":"a"}{}`, `{"Text":"a"} x`, `{"Text":"a","Text":"b"}`, `{"Named":7}`, `{"Labels":"x"}`,
	} {
		if v, err := c.Decode([]byte(text)); !errors.Is(err, exact.ErrMalformed) {
			t.Errorf("%s: %v, %+v", text, err, v)
		}
	}
}

// TestNotWritten: what cannot be written is an error, of the value or of its type.
func TestNotWritten(t *testing.T) {
	c := codec(t)
	for _, v := range []all{{Float: math.NaN()}, {Float: math.Inf(1)}, {Parts: []*part{nil}}, {Places: map[place]*part{{}: nil}}} {
		if data, err := c.Encode(&v); !errors.Is(err, exact.ErrValue) {
			t.Errorf("%v: %s", err, data)
		}
	}
	_, err := exact.New[struct{ F func() }]()
	_, here := exact.New[all]("exact_test.all.made", "exact_test.all.none")
	_, inner := exact.New[struct {
		M map[string][]*struct{ E error }
	}]()
	for _, err := range []error{err, here, inner} {
		if !errors.Is(err, exact.ErrType) {
			t.Error(err)
		}
	}
	if !strings.Contains(here.Error(), "exact_test.all.none") {
		t.Error(here)
	}
}

// TestShape: it has a line for each field, of the types within too.
func TestShape(t *testing.T) {
	lines := strings.Split(codec(t).Shape(), "\n")
	for _, want := range []string{
		"exact_test.all.made derived", "exact_test.part.hidden int", "exact_test.place.A string", "exact_test.all.Places map[exact_test.place]*exact_test.part",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
}

// FuzzDecode: what is read is written the same again.
func FuzzDecode(f *testing.F) {
	c := codec(f)
	p := &part{Name: "p", hidden: 7}
	for _, v := range []all{{}, {Text: "\xff", One: p, Other: p, Labels: map[string]string{"a": "\xff"}, Truth: map[bool]string{true: "x"}, At: time.Unix(1<<40, 1)}} {
		data, err := c.Encode(&v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"Three":[{},{},{"Name":"x"}],"Places":[[{"A":"x"},{"Name":"p"}]],"Parts":[0]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := c.Decode(data)
		if err != nil {
			return
		}
		first, err := c.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Decode(first)
		if err != nil || !reflect.DeepEqual(v, again) {
			t.Fatalf("%+v\nis not\n%+v, %v", again, v, err)
		}
	})
}
