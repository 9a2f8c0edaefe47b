package checks_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// object and list are JSON as it was read, and as it is sent.
type object = map[string]any

type list = []any

// at follows a path like "offers.0.id.value"; nil where it does not lead on.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case object:
			v = x[name]
		case list:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func text(v any, path string) string {
	s, _ := at(v, path).(string)
	return s
}

func number(v any, path string) float64 {
	n, _ := at(v, path).(float64)
	return n
}

func items(v any, path string) list {
	l, _ := at(v, path).(list)
	return l
}

// match compares what the wanted paths lead to; a wanted nil must be absent.
func match(t *testing.T, what string, got any, want object) {
	t.Helper()
	for path, w := range want {
		g := at(got, path)
		if n, ok := w.(int); ok {
			w = float64(n)
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s: %s is %v, want %v", what, path, g, w)
		}
	}
	if t.Failed() {
		t.Logf("%s: %v", what, got)
	}
}

// encode is JSON of what is not text already.
func encode(t *testing.T, body any) []byte {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	case []byte:
		return b
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// with is an object with other members; nil takes one out.
func with(o object, pairs ...any) object {
	out := object{}
	maps.Copy(out, o)
	for i := 0; i < len(pairs); i += 2 {
		k := pairs[i].(string)
		if out[k] = pairs[i+1]; pairs[i+1] == nil {
			delete(out, k)
		}
	}
	return out
}

func decodeList(t *testing.T, body string) list {
	t.Helper()
	var out list
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return out
}
