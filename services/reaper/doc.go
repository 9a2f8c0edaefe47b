// Package reaper issues the kills.
//
// Which tasks are due, and which kills are sent, is decided in
// internal/core/reaping; this is the shell that folds the log, appends, and sends.
// A kill is announced first (KillIssued, appended conditionally), and only the
// reaper that reads its own announcement back sends it, over connections of its
// own, in the name of the subscription that the launcher wrote down. A KILL may
// get lost anywhere: the announcement is repeated, after the task's grace and a
// margin, until the task has ended.
package reaper
