// Package foldtest reads a whole log for the tests of what writes to it: its
// records, its events of one type, the state that they fold into.
package foldtest
