package visible_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/visible"
)

func TestKindOf(t *testing.T) {
	for kind, runes := range map[visible.Kind][]rune{
		visible.Seen: {
			' ', 'a', '~', 'é', 'ß', 'а' /* Cyrillic */, 'ο' /* Greek */, '‐', '–', '・', 'ש', 'ع', '漢', '한', 'ไ', '่', '🂡', '…', '\ufffd', '$', 0xE000,
		},
		visible.Control:  {0, '\t', '\n', '\r', 0x1b, 0x7f, 0x80, 0x85, 0x9f},
		visible.Turning:  {0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069},
		visible.Breaking: {0x2028, 0x2029},
		visible.Blank: {
			0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x202f, 0x205f, 0x3000, 0x2800, 0x3164,
			0xffa0, 0x1d159, 0x13441,
		},
		visible.Invisible: {
			0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x180f, 0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0x2064, 0x2065, 0x206a, 0xfe00, 0xfe0e,
			0xfe0f, 0xfeff, 0xfff0, 0xfff9, 0x1bca0, 0x1d173, 0x16fe4, 0xe0000, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff,
		},
		visible.Nothing: {0xfdd0, 0xffff, 0x1fffe, 0x10ffff},
	} {
		for _, r := range runes {
			if got := visible.KindOf(r); got != kind {
				t.Errorf("%U: %s, want %s", r, got, kind)
			}
		}
	}
}

// TestNoCharacterIsForgotten: whatever Go would not print is hidden, but for what nobody
// has given a meaning yet or keeps to themselves, and for the spaces that are.
func TestNoCharacterIsForgotten(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		printed := unicode.IsPrint(r) || unicode.Is(unicode.Co, r) || !assigned(r)
		if hidden := visible.Hidden(r); !printed && !hidden {
			t.Errorf("%U is not printed, and not hidden", r)
		}
	}
}

func assigned(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

func TestFault(t *testing.T) {
	for text, want := range map[string]string{
		"":             "",
		"shop/web":     "",
		"ünïcode a b":  "",
		"раураl":       "", // Letters that look like others.
		"pay\u200bpal": "has U+200B, which is invisible; remove it",
		"a\u202eb":     "has U+202E, which changes the direction of the text after it; remove it",
		"a\u00a0b":     "has U+00A0, a blank that only looks like a space; remove it",
		"a\nb":         "has U+000A, a control character; remove it",
		"a\u2028b":     "has U+2028, which breaks the line; remove it",
		"a\uffffb":     "has U+FFFF, which is no character; remove it",
		"\u200b\u200b\u202ea\u200b\U000e0041": "has U+200B, which is invisible; U+202E, which changes the direction of the text after it; " +
			"U+E0041, which is invisible; remove them",
		"\u200b\u200c\u200d\u2060\u2061\u2062": "has U+200B, which is invisible; U+200C, which is invisible; U+200D, which is invisible; " +
			"U+2060, which is invisible; and 2 others; remove them",
	} {
		if got := visible.Fault(text); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestNamesAreComposed(t *testing.T) {
	for name, part := range map[string]string{
		"caf\u00e9":        "",
		"cafe\u0301":       "NFC",
		"\u212b":           "NFC", // ANGSTROM SIGN
		"\uac00":           "",
		"\u1100\u1161":     "NFC",
		"cafe\u0301\u200b": "U+200B",
	} {
		if got := visible.NameFault(name); (got == "") != (part == "") || !strings.Contains(got, part) {
			t.Errorf("%q: %q, want %q in it", name, got, part)
		}
	}
}

func TestCleaned(t *testing.T) {
	for text, want := range map[string]string{
		"disk is bad":           "disk is bad",
		"two\nlines\tand more":  "twolinesand more",
		"a\u200bb\u202ec\u00a0": "abc ",
		"a\u2028b\x00\x1b[31m":  "a b[31m",
		"❤\ufe0f":               "❤",
		"bad\xffbytes":          "bad\ufffdbytes",
	} {
		if got := visible.Cleaned(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain \x1b[31mred\n":     "plain \x1b[31mred\n",
		"pay\u200bpal \u202eabc":  "pay<U+200B>pal <U+202E>abc",
		"\U000e0041":              "<U+E0041>",
		"raw \xff\xfe and \u00a0": "raw \xff\xfe and <U+00A0>",
	} {
		if got := visible.Escaped(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWhatIsWrittenIsSeen holds for any text: what Cleaned and Escaped give has no fault
// but control characters, a text without one is left as it is, and a document of JSON
// keeps its value.
func TestWhatIsWrittenIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		if fault := visible.Fault(visible.Cleaned(text)); fault != "" {
			t.Fatalf("cleaned, it %s", fault)
		}
		escaped := visible.Escaped(text)
		for _, r := range escaped {
			if k := visible.KindOf(r); k != visible.Seen && k != visible.Control {
				t.Fatalf("escaped, it has %U", r)
			}
		}
		if visible.Fault(text) == "" && (escaped != text || visible.Cleaned(text) != text) {
			t.Fatalf("%q is seen as it is, and is changed", text)
		}
		document, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(visible.EscapedJSON(string(document))), &back); err != nil || back[text] != text {
			t.Fatalf("%s: %v, %v", document, back, err)
		}
	})
}

// texts has hidden characters more often than chance would.
func texts() *rapid.Generator[string] {
	hidden := rapid.SampledFrom([]string{"\u200b", "\u202e", "\u00a0", "\ufe0f", "\U000e0041", "\n", "\u2028", "\uffff", "e\u0301"})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOf(rapid.OneOf(hidden, rapid.StringN(0, 5, -1))).Draw(t, "parts"), "")
	})
}

func Example() {
	fmt.Println(visible.Escaped("admin\u200b"))
	// Output: admin<U+200B>
}
