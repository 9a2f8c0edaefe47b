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
