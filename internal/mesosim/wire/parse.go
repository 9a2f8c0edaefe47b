package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// syntaxError is the reason of an ErrSyntax in Mesos' words.
type syntaxError struct{ text string }

func (e *syntaxError) Error() string { return e.text }

func (e *syntaxError) Is(target error) bool { return target == ErrSyntax }

// maxDepth is how deep arrays and objects may be nested.
const maxDepth = 200

// parse reads one value: map[string]any, []any, string, json.Number, bool or nil.
// It takes and refuses what picojson does, which Mesos uses, so that a framework
// that makes a mistake is told the same: RFC 8259 but for numbers, which may
// have leading zeros and a point without digits around it.
func parse(data []byte) (any, error) {
	p := &parser{data: data}
	v, ok := p.value(0)
	switch {
	case p.overflow:
		return nil, &syntaxError{"Value out of range"}
	case !ok:
		return nil, p.fault()
	}
	if rest := bytes.TrimRight(p.data[p.pos:], " \t\r\n"); len(rest) > 0 {
		return nil, &syntaxError{"Parsed JSON included non-whitespace trailing characters: " + string(rest)}
	}
	return v, nil
}

// parser is where it is in a text. Its methods return false where the text is
// wrong; pos is then what picojson has not read yet.
type parser struct {
	data     []byte
	pos      int
	overflow bool // a number was more than a double holds
}

// fault tells where the text is wrong: the rest of the line without control
// characters.
func (p *parser) fault() error {
	line := 1 + bytes.Count(p.data[:max(0, min(p.pos, len(p.data)-1))], []byte{'\n'})
	near, _, _ := bytes.Cut(p.data[p.pos:], []byte{'\n'})
	near = slices.DeleteFunc(slices.Clone(near), func(c byte) bool { return c < ' ' })
	return &syntaxError{fmt.Sprintf("syntax error at line %d near: %s", line, near)}
}

// peek returns the next character; zero, which is nowhere right, at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// expect skips white space and the character c, and reports whether that followed.
func (p *parser) expect(c byte) bool {
	p.skip()
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) skip() {
	for strings.IndexByte(" \t\r\n", p.peek()) >= 0 {
		p.pos++
	}
}

func (p *parser) value(depth int) (any, bool) {
	p.skip()
	switch c := p.peek(); {
	case c == '{' || c == '[':
		p.pos++
		switch {
		case depth == maxDepth:
			return nil, false
		case c == '{':
			return p.object(depth)
		}
		return p.array(depth)
	case c == '"':
		p.pos++
		return p.text()
	case c == 'n':
		return nil, p.word("null")
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	return nil, false
}

func (p *parser) word(w string) bool {
	for i := range len(w) {
		if p.peek() != w[i] {
			return false
		}
		p.pos++
	}
	return true
}

func (p *parser) number() (any, bool) {
	from := p.pos
	for p.pos < len(p.data) && strings.IndexByte("0123456789+-.eE", p.data[p.pos]) >= 0 {
		p.pos++
	}
	n := string(p.data[from:p.pos])
	_, err := strconv.ParseFloat(n, 64)
	p.overflow = errors.Is(err, strconv.ErrRange)
	return json.Number(n), err == nil
}

func (p *parser) array(depth int) (any, bool) {
	list := []any{}
	if p.expect(']') {
		return list, true
	}
	for {
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if !p.expect(',') {
			return list, p.expect(']')
		}
	}
}

func (p *parser) object(depth int) (any, bool) {
	members := map[string]any{}
	if p.expect('}') {
		return members, true
	}
	for {
		if !p.expect('"') {
			return nil, false
		}
		key, ok := p.text()
		if !ok || !p.expect(':') {
			return nil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		members[key] = v
		if !p.expect(',') {
			return members, p.expect('}')
		}
	}
}

// text reads what follows the opening quote. Bytes that are no UTF-8 become
// U+FFFD.
func (p *parser) text() (string, bool) {
	var b strings.Builder
	for {
		c := p.peek()
		if c < ' ' {
			return "", false
		}
		p.pos++
		switch c {
		case '"':
			return strings.ToValidUTF8(b.String(), "\ufffd"), true
		case '\\':
			r, ok := p.escape()
			if !ok {
				return "", false
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
	}
}

// escape reads what follows a backslash.
func (p *parser) escape() (rune, bool) {
	if p.pos == len(p.data) {
		return 0, false
	}
	c := p.data[p.pos]
	p.pos++
	if c == 'u' {
		return p.codePoint()
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return 0, false
	}
	return rune("\"\\/\b\f\n\r\t"[i]), true
}

// The code units of UTF-16 that stand for one character in pairs (RFC 2781).
const (
	firstHigh = 0xd800
	firstLow  = 0xdc00
	lastLow   = 0xdfff
	supra     = 0x10000
)

func (p *parser) codePoint() (rune, bool) {
	high, ok := p.hex()
	switch {
	case !ok || firstLow <= high && high <= lastLow:
		return 0, false
	case high < firstHigh || high > lastLow:
		return high, true
	}
	if !p.word(`\u`) {
		return 0, false
	}
	low, ok := p.hex()
	if !ok || low < firstLow || low > lastLow {
		return 0, false
	}
	return (high-firstHigh)<<10 + (low - firstLow) + supra, true
}

// hex reads four hexadecimal digits.
func (p *parser) hex() (rune, bool) {
	var n rune
	for range 4 {
		d := strings.IndexByte("0123456789abcdef", p.peek()|0x20)
		if d < 0 || p.peek() < '0' {
			return 0, false
		}
		n = n<<4 + rune(d)
		p.pos++
	}
	return n, true
}
