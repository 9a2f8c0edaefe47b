// Package reader lets requests look at the folded state: that of now, once it has
// come to ?after=, or that of any moment before, by ?at=. Whatever dialect asks,
// the answer carries the sequence that it is of.
package reader
