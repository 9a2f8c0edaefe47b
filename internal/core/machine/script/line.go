package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Line is an input line taken apart. What its methods cannot read, and what none
// of them reads, is told by Err.
type Line struct {
	Name  string
	words []string
	named map[string]string
	read  map[string]bool
	errs  []string
}

// parseLine takes "name: words" apart.
func parseLine(text string) (*Line, error) {
	name, rest, found := strings.Cut(text, ":")
	if !found || name == "" || strings.ContainsAny(name, " \t\"") {
		return nil, fmt.Errorf("%q is no line of a script: want a name, a colon, and words", text)
	}
	words, err := split(rest)
	if err != nil {
		return nil, err
	}
	l := &Line{Name: name, named: map[string]string{}, read: map[string]bool{}}
	for _, w := range words {
		key, value, isNamed := named(w)
		if value, err = unquote(value); err != nil {
			return nil, err
		}
		if !isNamed {
			l.words = append(l.words, value)
			continue
		}
		if _, twice := l.named[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		l.named[key] = value
	}
	return l, nil
}

// named cuts key=value; of any other word the value is all.
func named(word string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(word, "=")
	if !ok || key == "" || strings.ContainsFunc(key, func(r rune) bool { return r != '-' && r != '_' && (r < 'a' || r > 'z') }) {
		return "", word, false
	}
	return key, value, true
}

func unquote(value string) (string, error) {
	if !strings.HasPrefix(value, `"`) {
		return value, nil
	}
	s, err := strconv.Unquote(value)
	if err != nil {
		return "", fmt.Errorf("%s is not quoted as in Go", value)
	}
	return s, nil
}

// split cuts at blanks outside quotes and brackets.
func split(text string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		depth  int
		quoted bool
	)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			word.WriteByte(c)
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case depth == 0 && (c == ' ' || c == '\t'):
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteByte(c)
	}
	if quoted || depth != 0 {
		return nil, fmt.Errorf("a quote or a bracket is left open in %q", text)
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, nil
}

func (l *Line) fail(format string, args ...any) {
	l.errs = append(l.errs, fmt.Sprintf(format, args...))
}

// Word returns the next bare word, "" and an error if there is none.
func (l *Line) Word() string {
	if len(l.words) == 0 {
		l.fail("a word is missing")
		return ""
	}
	w := l.words[0]
	l.words = l.words[1:]
	return w
}

// Rest returns the bare words that are left.
func (l *Line) Rest() []string {
	rest := l.words
	l.words = nil
	return rest
}

// More reports whether bare words are left.
func (l *Line) More() bool { return len(l.words) > 0 }

// Number returns the next bare word as a number.
func (l *Line) Number() uint64 { return l.number(l.Word()) }

func (l *Line) number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		l.fail("%q is no number", text)
	}
	return n
}

// Has reports whether key=value is there.
func (l *Line) Has(key string) bool {
	_, ok := l.named[key]
	return ok
}

// Text returns the value of key, "" if it is not there.
func (l *Line) Text(key string) string {
	l.read[key] = true
	return l.named[key]
}

// Uint returns the value of key as a number, 0 if it is not there.
func (l *Line) Uint(key string) uint64 {
	if text := l.Text(key); text != "" {
		return l.number(text)
	}
	return 0
}

// Float returns the value of key as a number, 0 if it is not there.
func (l *Line) Float(key string) float64 {
	text := l.Text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		l.fail("%q is no number", text)
	}
	return n
}

// Bool reports whether key is there and true.
func (l *Line) Bool(key string) bool {
	switch text := l.Text(key); text {
	case "", "false":
		return false
	case "true":
		return true
	default:
		l.fail("%s is %q and must be true or false", key, text)
		return false
	}
}

// Duration returns the value of key, 0 if it is not there.
func (l *Line) Duration(key string) time.Duration {
	if text := l.Text(key); text != "" {
		return l.duration(text)
	}
	return 0
}

func (l *Line) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		l.fail("%q is no duration such as 5s", text)
	}
	return d
}

// Err returns what of the line could not be read, or was not.
func (l *Line) Err() error {
	errs := slices.Clone(l.errs)
	if len(l.words) > 0 {
		errs = append(errs, fmt.Sprintf("nobody reads %q", l.words))
	}
	for key := range l.named {
		if !l.read[key] {
			errs = append(errs, "nobody reads "+key)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	slices.Sort(errs)
	return fmt.Errorf("%s: %s", l.Name, strings.Join(errs, "; "))
}
