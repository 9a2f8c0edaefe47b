// Package levenshtein tells how far apart two names are, so that a mistyped one
// can be answered with the one that was meant.
package levenshtein
