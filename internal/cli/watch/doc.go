// Package watch turns events of the log into changes of single tasks, as people
// watch them: PENDING, STAGING, RUNNING and so on. It holds the last state of
// every slot and leaves out what changes nothing; it is pure and not safe for
// concurrent use.
package watch
