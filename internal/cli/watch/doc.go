// Package watch turns events of the feed into changes of single tasks, as people
// watch them: PENDING, STAGING, RUNNING and so on. What an event changed it says
// itself; nothing is folded here.
package watch
