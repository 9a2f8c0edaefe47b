package conformance_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// token finds what is issued anew by each run, longest form first.
var token = regexp.MustCompile(`(?P<agent>` + uuidForm + `-S\d+)|(?P<offer>` + uuidForm + `-O\d+)|(?P<framework>` + uuidForm + `-\d{4}\b)|` +
	`(?P<uuid>` + uuidForm + `)|127\.0\.0\.1:(?P<port>\d+)|(?P<address>\b172\.\d+\.\d+\.\d+)|(?P<digest>\b[0-9a-f]{64}\b)`)

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// kind says what a token is: a recorded one never stands for a live one of
// another kind.
type kind string

const (
	kindBytes   kind = "uuid in base64"
	kindPort    kind = "port"
	kindAddress kind = "address"
	kindDigest  kind = "digest"
)

// piece is a part of a text: literal, or a token of a kind.
type piece struct {
	kind kind // empty: literal
	text string
}

// pieces cuts a text into literals and tokens.
func pieces(s string) []piece {
	var out []piece
	names := token.SubexpNames()
	at := 0
	for _, m := range token.FindAllStringSubmatchIndex(s, -1) {
		for g := 1; g < len(names); g++ {
			from, to := m[2*g], m[2*g+1]
			if from < 0 {
				continue
			}
			out = append(out, piece{text: s[at:from]}, piece{kind: kind(names[g]), text: s[from:to]})
			at = to
		}
	}
	return append(out, piece{text: s[at:]})
}

// binding knows which live token stands for which recorded one.
type binding struct {
	live, recorded map[piece]string
}

func newBinding() *binding {
	return &binding{live: map[piece]string{}, recorded: map[piece]string{}}
}

// bind makes the pair stand for each other, or says why it does not.
func (b *binding) bind(k kind, recorded, live string) error {
	if k == kindAddress || k == kindDigest {
		return nil // reused by the engine as it likes
	}
	want, known := b.live[piece{k, recorded}]
	if known && want != live {
		return fmt.Errorf("%s %s, want %s, which stands for %s", k, live, want, recorded)
	}
	if other, known := b.recorded[piece{k, live}]; known && other != recorded {
		return fmt.Errorf("%s %s stands for %s already, not for %s", k, live, other, recorded)
	}
	b.live[piece{k, recorded}] = live
	b.recorded[piece{k, live}] = recorded
	return nil
}

// text compares two texts, binding their tokens.
func (b *binding) text(recorded, live string) error {
	want, got := pieces(recorded), pieces(live)
	same := slices.EqualFunc(want, got, func(w, g piece) bool {
		return w.kind == g.kind && (w.kind != "" || w.text == g.text)
	})
	if !same {
		return fmt.Errorf("got %q, want %q", live, b.substitute(recorded))
	}
	for i := range want {
		if want[i].kind != "" {
			if err := b.bind(want[i].kind, want[i].text, got[i].text); err != nil {
				return err
			}
		}
	}
	return nil
}

// substitute puts live tokens in the place of recorded ones; those that are not
// bound stay.
func (b *binding) substitute(s string) string {
	var out strings.Builder
	for _, p := range pieces(s) {
		if live, ok := b.live[p]; ok {
			p.text = live
		}
		out.WriteString(p.text)
	}
	return out.String()
}

// translate is substitute for all texts of a JSON value.
func (b *binding) translate(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = b.translate(k, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = b.translate(key, x)
		}
		return out
	case string:
		if live, ok := b.live[piece{kindBytes, v}]; ok {
			return live
		}
		return b.substitute(v)
	}
	return v
}

// neutral is a text form of a JSON value without what is issued anew, to sort
// the members of sets.
func neutral(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return token.ReplaceAllString(string(text), "")
}

// sorted orders the members of a set, by name first.
func sorted(set []any) []any {
	name := func(v any) string {
		m, _ := v.(map[string]any)
		s, _ := m["name"].(string)
		return s
	}
	return slices.SortedFunc(slices.Values(set), func(x, y any) int {
		return cmp.Or(cmp.Compare(name(x), name(y)), cmp.Compare(neutral(x), neutral(y)))
	})
}
