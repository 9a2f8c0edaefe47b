package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// 1.1, row 10: the texts of picojson.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	const prefix = "syntax error at line "
	for text, want := range map[string]string{
		"x":                      prefix + "1 near: x",
		"":                       prefix + "1 near: ",
		" \n":                    prefix + "1 near: ",
		"{} x":                   "Parsed JSON included non-whitespace trailing characters:  x",
		"{}}\n":                  "Parsed JSON included non-whitespace trailing characters: }",
		"{\"a\":\n\n nul,\tx}\n": prefix + "3 near: ,x}",
		`{"a":tru}`:              prefix + "1 near: }",
		`{"a" 1}`:                prefix + "1 near: 1}",
		`{a:1}`:                  prefix + "1 near: a:1}",
		`{"a":1,}`:               prefix + "1 near: }",
		`[1,]`:                   prefix + "1 near: ]",
		`[1 2]`:                  prefix + "1 near: 2]",
		`["a`:                    prefix + "1 near: ",
		"[\"a\x01b\"]":           prefix + "1 near: b\"]",
		`["\x"]`:                 prefix + `1 near: "]`,
		`["\`:                    prefix + "1 near: ",
		`["\u12g4"]`:             prefix + `1 near: g4"]`,
		`["\udc00"]`:             prefix + `1 near: "]`,
		`["\ud800x"]`:            prefix + `1 near: x"]`,
		`["\ud800\u0041"]`:       prefix + `1 near: "]`,
		`[1e]`:                   prefix + "1 near: ]",
		`[-]`:                    prefix + "1 near: ]",
		`[1e999]`:                "Value out of range",
	} {
		_, err := parse([]byte(text))
		if !errors.Is(err, ErrSyntax) || err.Error() != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		` {"a":[1,-2.5e3,true,false,null,{}],"b":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é","b":"x"} ` + "\n": map[string]any{
			"a": []any{json.Number("1"), json.Number("-2.5e3"), true, false, nil, map[string]any{}}, "b": "x",
		},
		`["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"]`: []any{"\"\\/\b\f\n\r\té😀é"},
		"[\"\xff\"]":  []any{"\ufffd"},
		`[01,1.,-.5]`: []any{json.Number("01"), json.Number("1."), json.Number("-.5")},
		`1`:           json.Number("1"),
	} {
		got, err := parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{maxDepth: true, maxDepth + 1: false, 1 << 20: false} {
		if _, err := parse([]byte(strings.Repeat("[", n) + strings.Repeat("]", n))); (err == nil) != ok {
			t.Errorf("%d deep: %v", n, err)
		}
	}
}

// What encoding/json takes is taken, and means the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e9",null]}`, `[1e5,true]`, `"\ud800"`, `{`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parse(text)
		if !json.Valid(text) {
			return
		}
		var want any
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		if d.Decode(&want) != nil {
			return
		}
		if _, ok := errors.AsType[*syntaxError](err); ok {
			stricter := strings.Contains(string(text), `\u`) || strings.ContainsAny(string(text), "eE[{")
			if !stricter {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if a, b := shape(got), shape(want); a != b {
			t.Fatalf("%q: %s, want %s", text, a, b)
		}
	})
}

// shape is a value without the ways to replace bytes that are no UTF-8.
func shape(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(b), "\ufffd", "")
}
