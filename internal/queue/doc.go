// Package queue is a queue without a bound, with a wake for whoever reads it.
//
// What is put never waits, so that a loop can hand things over while it holds a
// lock or answers an event; how much can gather is bounded by who puts. It is
// read in one of two ways:
//
//	v, ok := q.Take(ctx)     one at a time, by as many takers as there are
//
//	for {                    all at once, by one reader that waits for more than this
//		handle(q.Drain())
//		select {
//		case <-q.Wake():
//		case <-other:
//		}
//	}
//
// The package imports nothing of taurus, and nothing of it is known here.
package queue
