package table_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli/table"
)

func TestTable(t *testing.T) {
	tab := table.New("NAME", "EMPTY", "STATE", "N")
	tab.Row("a", "", "\x1b[32mRUNNING\x1b[0m", "1")
	tab.Row("größer", "", "x", "")
	want := "NAME    STATE    N\n" +
		"a       \x1b[32mRUNNING\x1b[0m  1\n" +
		"größer  x\n"
	var b strings.Builder
	n, err := tab.WriteTo(&b)
	if err != nil || n != int64(len(want)) || b.String() != want {
		t.Errorf("%d, %v:\n%q, want\n%q", n, err, b.String(), want)
	}
}

// TestWideCharactersAreAligned has names of every width: the second column begins
// where a terminal shows it under the first one's.
func TestWideCharactersAreAligned(t *testing.T) {
	tab := table.New("NAME", "N")
	for _, name := range []string{"日本", "한국", "ｶﾅ", "カナ", "e\u0301", "🚀", "ｆ", "、"} {
		tab.Row(name, "1")
	}
	want := "NAME  N\n日本  1\n한국  1\nｶﾅ    1\nカナ  1\ne\u0301     1\n🚀    1\nｆ    1\n、    1\n"
	var b strings.Builder
	if _, err := tab.WriteTo(&b); err != nil || b.String() != want {
		t.Errorf("%v:\n%s\nwant\n%s", err, b.String(), want)
	}
}

// TestWhatNobodySees of a name is in its cell by its number, and aligned so.
func TestWhatNobodySees(t *testing.T) {
	tab := table.New("NAME", "N")
	tab.Row("ad\u200bmin", "1")
	tab.Row("\x1b[32madmin\x1b[0m", "2")
	want := "NAME           N\nad<U+200B>min  1\n\x1b[32madmin\x1b[0m          2\n"
	var b strings.Builder
	if _, err := tab.WriteTo(&b); err != nil || b.String() != want {
		t.Errorf("%v:\n%q\nwant\n%q", err, b.String(), want)
	}
}
