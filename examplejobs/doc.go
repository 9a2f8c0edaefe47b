// Package examplejobs holds jobs to try, and to learn the job file from. The
// first two are the original taurus' own, unchanged.
package examplejobs
