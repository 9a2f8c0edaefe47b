// Package decider runs a pure decision over every job of a folded log: the
// skeleton of planner and reaper.
//
// It is level-triggered. A record makes its job dirty; a dirty job is looked at
// in whatever state it is by then; what the decision returns is appended on the
// condition that the decision's subject did not move. Then the job rests until
// the fold has passed what was appended. A lost race, a lost answer and a crash
// therefore all end the same way: the job is looked at again.
//
// At most one append per job is under way, so no two of one's own share an
// expectation. Any number of deciders of one role may run; the expectation lets
// one of them win. To spare them the race each has a share of the jobs, and
// leaves a job of another's share to it for a while.
package decider
