package job

import (
	"maps"
	"slices"
	"strings"
)

// nameRune reports whether a name may have this rune in it.
func nameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)
}

// labelRune reports whether the name of a label may have this rune in it.
func labelRune(r rune) bool { return nameRune(r) || r == '/' }

// sortedKeys are the keys of m in the order the encoding has them.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// alternatives lists two or more words for a sentence: "a", "b" or "c".
func alternatives(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = `"` + word + `"`
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
