// Package submission decides what a user's command means for a job: the event
// to append, nothing because it is so already, or why it cannot be.
//
// Decide looks at the folded state of one job and does no I/O. The api appends
// what it returns conditionally on the job's subject; a lost race costs one
// more look at the newer state.
package submission
