package visible

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// toldMax is how many characters a fault names.
const toldMax = 4

// Fault says what hidden characters a text has, and the mend; it is empty for one without.
// It has none of the text in it.
func Fault(text string) string {
	var found []rune
	for _, r := range text {
		if Hidden(r) && !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return ""
	}
	more, it := "", "it"
	if len(found) > 1 {
		it = "them"
	}
	if len(found) > toldMax {
		more = fmt.Sprintf("; and %d others", len(found)-toldMax)
		found = found[:toldMax]
	}
	told := make([]string, len(found))
	for i, r := range found {
		told[i] = fmt.Sprintf("%U, %s", r, KindOf(r))
	}
	return "has " + strings.Join(told, "; ") + more + "; remove " + it
}

// NameFault is Fault for what names something and is compared by its bytes: of the ways
// to write one letter it takes the composed one (NFC).
func NameFault(name string) string {
	if fault := Fault(name); fault != "" {
		return fault
	}
	if norm.NFC.IsNormalString(name) {
		return ""
	}
	return "has characters that Unicode writes in a shorter way, which looks the same and is another name; write it composed (NFC)"
}

// Cleaned is prose without what is hidden in it; where there was a blank, there is a space.
func Cleaned(text string) string {
	return strings.Map(func(r rune) rune {
		switch KindOf(r) {
		case Seen:
			return r
		case Blank, Breaking:
			return ' '
		case Control, Turning, Invisible, Nothing:
		}
		return -1
	}, text)
}

// Escaped is a text of which every reader sees what is in it: hidden characters are
// written as <U+200B>. Control characters are left, as they are also how a text is laid
// out and coloured; whoever shows a text of others leaves those out.
func Escaped(text string) string { return escaped(text, "<%U>") }

// EscapedJSON is Escaped for a document of JSON, which stays the same value: there can be
// such characters in its strings alone.
func EscapedJSON(document string) string { return escaped(document, "") }

func escaped(text, form string) string {
	if !strings.ContainsFunc(text, shows) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case !shows(r):
			b.WriteString(text[i : i+size]) // As it is, were it no UTF-8.
		case form != "":
			fmt.Fprintf(&b, form, r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	return b.String()
}

// shows reports whether a character is written by its number where people read.
func shows(r rune) bool {
	k := KindOf(r)
	return k != Seen && k != Control
}
