// Package table lays out text in columns. Widths are those of what is seen: the
// control sequences of colours take none.
package table
