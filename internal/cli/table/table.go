package table

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/milosgajdos/taurus/internal/visible"
)

// gap is the space between two columns.
const gap = "  "

// Table is rows of cells under a header.
type Table struct {
	header []string
	rows   [][]string
}

// New returns a table with a header, none where no names are given.
func New(header ...string) *Table { return &Table{header: header} }

// Row adds a row. What nobody would see of a cell is in it by its number, which has a
// width.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = visible.Escaped(cell)
	}
	t.rows = append(t.rows, row)
}

// WriteTo writes the table. Columns that are empty in every row are left out, and
// no line ends with blanks.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	content := widths(t.rows)
	all := t.rows
	if len(t.header) > 0 {
		all = append([][]string{t.header}, t.rows...)
	}
	widths := widths(all)
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			if i >= len(content) || content[i] == 0 {
				continue
			}
			line.WriteString(cell + strings.Repeat(" ", widths[i]-width(cell)) + gap)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	n, err := io.WriteString(w, b.String())
	if err != nil {
		err = fmt.Errorf("write table: %w", err)
	}
	return int64(n), err
}

func widths(rows [][]string) []int {
	var widest []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widest) {
				widest = append(widest, 0)
			}
			widest[i] = max(widest[i], width(cell))
		}
	}
	return widest
}

// width counts the columns of a terminal that a cell takes.
func width(cell string) int {
	n := 0
	for _, r := range cell {
		n += columns(r)
	}
	for {
		_, rest, ok := strings.Cut(cell, "\x1b[")
		if !ok {
			return n
		}
		end := strings.IndexByte(rest, 'm')
		if end < 0 {
			return n
		}
		n -= len("\x1b[") + end + 1
		cell = rest[end+1:]
	}
}

// columns are what one character takes: none if it goes onto the one before, two
// if it is wide (Unicode Standard Annex 11), as those of East Asian scripts and
// pictures are.
func columns(r rune) int {
	const (
		firstPunctuation, lastPunctuation = 0x3000, 0x303E
		firstFull, lastFull               = 0xFF01, 0xFF60
		firstHalf, lastHalf               = 0xFF61, 0xFFDC
		firstPicture, lastPicture         = 0x1F300, 0x1FAFF
	)
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case firstHalf <= r && r <= lastHalf:
		return 1
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		firstPunctuation <= r && r <= lastPunctuation, firstFull <= r && r <= lastFull, firstPicture <= r && r <= lastPicture:
		return 2
	}
	return 1
}
