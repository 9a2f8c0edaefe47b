// Package ranges turns slots into the ranges that events name them by, and back.
//
//	slot     0  1  2  3  4
//	attempt  1  1  1     1        ->  0-2 (attempt 1), 1-2 (attempt 2), 4 (attempt 1)
//	            2  2
//
// A job of thousands of slots is planned, doomed and killed in a few ranges, so
// that the event stays small; where slots do not lie together, Max bounds it.
package ranges
