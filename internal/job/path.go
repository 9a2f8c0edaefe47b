package job

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/visible"
)

const (
	// maxExcerpt is how many bytes of a faulty value a message repeats.
	maxExcerpt = 60
	// maxName is how long a name a path has in full, longer than names are that
	// are meant; maxPath is where a path that leads ever deeper ends.
	maxName = 256
	maxPath = 1024
)

// excerpt is the beginning of a value, for a message.
func excerpt[T ~string | ~[]byte](value T) string {
	text := string(value)
	if len(text) <= maxExcerpt {
		return text
	}
	cut := maxExcerpt
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// quote is excerpt in quotes. What nobody would see in it is there by its number.
func quote(value string) string { return visible.EscapedJSON(strconv.Quote(excerpt(value))) }

// pointerPath writes a JSON pointer as a path: /tasks/0/env/A as tasks[0].env.A.
func pointerPath(pointer jsontext.Pointer) string {
	path, parent := "", ""
	for token := range pointer.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 32); err == nil && parent != "env" && parent != "labels" {
			path += "[" + token + "]"
		} else {
			path = join(path, token)
		}
		parent = strings.ToLower(token)
		if len(path) > maxPath {
			return path + "..."
		}
	}
	return path
}

// join puts a field or a key of a map after a path.
func join(path, name string) string {
	if !plainName(name) || len(name) > maxName {
		return path + "[" + quote(name) + "]"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// index puts a place in a list after a path.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// plainName reports whether a name can stand in a path without quotes.
func plainName(name string) bool {
	for _, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
		if !letter {
			return false
		}
	}
	return name != ""
}
