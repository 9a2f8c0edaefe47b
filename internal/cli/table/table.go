package table

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
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

// Row adds a row.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

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

// width counts the characters of a cell that are seen.
func width(cell string) int {
	n := utf8.RuneCountInString(cell)
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
