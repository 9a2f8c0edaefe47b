// Package legacy speaks as the original taurus did, for its clients: its routes,
// bare and under /v1, its view of a job with a numeric state, and errors without
// a body, but for those that say what is wrong with what was sent.
package legacy
