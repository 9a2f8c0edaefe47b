// Package loss writes into a log that an operator accepts the loss of a part of it, so
// that folds go on without it.
//
//	nothing of the range is there and whole?  -- no --> refused: there is nothing to accept
//	the log ends before the range does?       -- yes -> a SequenceSkipped at each sequence up
//	      |                                             to the end of the range
//	      v
//	LossAccepted
//
// Sequences are never given out a second time: runs of jobs and epochs of launchers
// are sequences, and users, feeds and marks go by them. Were they, a task of a run that
// was lost could be taken for one of the run that got its number, or for a newer one.
//
// The acceptance comes last, so that after a crash at any point services refuse the
// log as they did before, and the same command goes on where it stopped.
package loss
