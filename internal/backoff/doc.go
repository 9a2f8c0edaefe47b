// Package backoff is how long to wait after failures in a row: twice as long
// after each, up to a longest wait.
//
//	wait ^
//	 Max |             -------
//	     |         ----
//	     |     ----
//	First| ----
//	     +--1---2---3---4---5--> failures in a row
//
// It counts nothing, waits for nothing and knows no clock, so that decisions may
// use it as well as loops do. Who must not come in step with others takes a random
// part of the wait. It imports nothing of taurus; pkg/eventlog, a module for other
// programs, has its own.
package backoff
