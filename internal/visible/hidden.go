package visible

import "unicode"

// Kind is what is wrong with a character that its readers do not see as it is.
type Kind int

// The kinds. Seen is none of them.
const (
	Seen Kind = iota
	// Control is for machines: a new line, a bell, the start of a colour.
	Control
	// Turning changes the direction in which what follows is shown.
	Turning
	// Breaking ends a line or a paragraph.
	Breaking
	// Blank looks like a space, and is another character.
	Blank
	// Invisible shows as nothing.
	Invisible
	// Nothing is no character, and never will be one.
	Nothing
)

// String words the kind as the end of "U+200B, ...".
func (k Kind) String() string {
	switch k {
	case Control:
		return "a control character"
	case Turning:
		return "which changes the direction of the text after it"
	case Breaking:
		return "which breaks the line"
	case Blank:
		return "a blank that only looks like a space"
	case Invisible:
		return "which is invisible"
	case Nothing:
		return "which is no character"
	case Seen:
	}
	return "which is seen"
}

// KindOf is the kind of a character, by the tables of Unicode. A space is seen.
func KindOf(r rune) Kind {
	switch {
	case r < 0x7f && r >= ' ':
		return Seen
	case unicode.Is(unicode.Cc, r):
		return Control
	case unicode.Is(unicode.Bidi_Control, r):
		return Turning
	case unicode.In(r, unicode.Zl, unicode.Zp):
		return Breaking
	case unicode.Is(unicode.Zs, r), isBlank(r):
		return Blank
	// Cf has tag characters and joiners; not in it are selectors of variants and what
	// programs are to leave out when they show a text.
	case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point), isEmpty(r):
		return Invisible
	case unicode.Is(unicode.Noncharacter_Code_Point, r), unicode.Is(unicode.Cs, r):
		return Nothing
	}
	return Seen
}

// isBlank reports whether a character has a width and no ink, though its category is
// that of letters or signs.
func isBlank(r rune) bool {
	switch r {
	case 0x2800, // BRAILLE PATTERN BLANK
		0x3164, 0xFFA0, // HANGUL FILLER, HALFWIDTH HANGUL FILLER
		0x13441, 0x13442, // EGYPTIAN HIEROGLYPH FULL BLANK, HALF BLANK
		0x1D159: // MUSICAL SYMBOL NULL NOTEHEAD
		return true
	}
	return false
}

// isEmpty reports whether a mark shows as nothing, though no table says so.
func isEmpty(r rune) bool { return r == 0x16FE4 } // KHITAN SMALL SCRIPT FILLER

// Hidden reports whether a character is not seen as it is, or changes how others are.
func Hidden(r rune) bool { return KindOf(r) != Seen }
