// Package after decides what waits for what: groups of a job that start after others of
// it, and jobs that start after other jobs.
//
//	group web, after: [db]        job shop, after: [ledger]
//
//	start: the first task of web is planned once all of db is up, that of shop once all
//	       of ledger is
//	stop:  of a job that is over, db is ended once nothing of web lives; ledger is not
//	       stopped by shop, nor held up by it
//
// Up is running, and healthy where there is a check; of a batch it is to have ended. A
// dependency is looked at when something starts, and never again: a group that has tasks
// is kept up, whatever becomes of what it came after. One that is cut off, or does not end
// for [Patience] after its grace, does not hold up the end of the others.
//
// Users are told by explain what is waited for, in the words of [Unmet]. The planner and
// the read model ask the same functions.
package after
