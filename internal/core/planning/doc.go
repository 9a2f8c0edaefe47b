// Package planning decides what of a job should run and what should stop.
//
//	the folded state of a job
//	      |
//	      v
//	  doom       a task that should end and     ---- yes --> TasksDoomed
//	      |      does not know it yet?
//	      v
//	  planGroup  a wanted slot that needs its   ---- yes --> TasksPlanned, unless the
//	      |      next attempt, or a new slot?                log is nearly full
//	      v
//	  roll       a rollout is under way: has   ---- yes --> RolloutEnded, RolloutReverted,
//	      |      it failed, what is its next                TasksDoomed, TasksPlanned beside
//	      |      step, has it succeeded?                    what is replaced
//	      v
//	  conclude   a slot failed for good, or     ---- yes --> JobFailed, JobCompleted
//	      |      all are done?
//	      v
//	  nothing; look again when a wait is over, if one is
//
// Decide looks at the folded state of one job, not at the event that woke it,
// and returns the next event to append, or none. It returns one at a time: the
// planner appends it conditionally, folds it back, and asks again, so a lost
// race costs one more look and nothing else. Any number of planners may ask. The
// [Machine] has it decide about every job, as internal/core/deciding says, and
// plans nothing new that the log has no space for.
//
// The rules that keep a slot from running twice: a slot is planned again only
// after its attempt was withdrawn, ended, or given up as unreachable; tasks of
// an older run are always doomed; what is wanted counts tasks not doomed.
//
// A rollout has no state of its own beyond what the fold keeps of its begin and its end:
// its steps follow from which tasks are outdated and which are up, so a planner that dies
// between two of them finds the next one. docs/state-machines.md has the rules.
//
// A task of a newer run or version than the job's is ahead of the log, which has lost
// the submission or the change that it is of. It is not doomed before a user
// has decided about the job again; until then the job's own wants are in doubt, so
// nothing is doomed for being too many, nothing of a run that was superseded is
// planned, and the job does not end by itself.
//
// What the end of a task means for its slot, and how long the next one waits,
// package restart says.
package planning
