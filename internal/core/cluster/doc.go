// Package cluster folds the log into the state of the cluster: jobs, their
// slots, the attempts that fill them, and who launches.
//
// Every service holds one State and applies every record to it, in order and
// unfiltered. The fold is pure: it takes records, never the clock, and never
// decides anything. It judges: a launcher's record counts only if its epoch is
// the newest election before it, repeats fall away, and statuses obey the rank
// rule, so whatever mixture of old and new launchers wrote the log, everybody
// reads the same state from it.
//
// Pairs of events on different subjects are legal in any order (a task staged
// after its job was stopped), because expectations cannot span subjects. Apply
// therefore never fails on them; decisions repair what they mean.
package cluster
