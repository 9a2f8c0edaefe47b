// Package backoff waits between attempts, longer each time and never in step
// with others. The event log has its own, since other programs use it without the
// rest of taurus.
package backoff
