// Package planner keeps jobs as they should be: it expands them into tasks,
// plans again what ended, dooms what is not wanted, and says when a job is over.
//
// What it decides is in internal/core/planning; this is the shell that folds the
// log, appends, and looks at how full the log is. It has no other effect, so any
// number of planners may run, and none may be missed for longer than its restart
// takes.
package planner
