// Package restart decides what follows the end of a task.
//
//	            a task ends: End{State, Reason, Exit, Doomed, Ran, ...}
//	                                  |
//	Class              in one word: failed, oom, killed, ...
//	                                  |
//	Blameless, Failed        who is to blame?
//	                                  |
//	               +------------------+------------------+
//	               |                  |                  |
//	           it finished  agent, offers, registry  the task
//	               |                  |                  |
//	Tally.After    |  Streak + 1      |  Streak + 1      |  Streak + 1, Failures + 1
//	               |                  |                  |
//	Tally.Fate   Done, or           Again, or Failed:  Again, or Failed: never restarted,
//	             Again: always      UnluckyMax in a    or its attempts used up
//	               |                row, of a batch      |
//	               |                  |                  |
//	               +------------------+------------------+
//	                                  |
//	Tally.BackOff             Again: after 1, 2, 4 ... times backoff, at most backoff_max
//
// It is asked by three, and does nothing itself:
//
//   - cluster folds the end and keeps the Tally of the slot;
//   - planning looks at the Fate of every wanted slot: Again is planned
//     (TasksPlanned, not before the back-off's end), Failed ends the job
//     (JobFailed), as do all being Done (JobCompleted);
//   - projection counts what is Done as finished.
//
// What the group's spec says of it comes in as a job.Restart, normalised: no
// default is derived here.
//
// An unreachable task has not ended. That its slot is planned again after a while
// is planning's own rule; there is nothing to wait for then.
package restart
