// Package script tests a machine by files that read like the protocol: what goes
// in, line by line, and indented below each line what comes out.
//
//	# Another instance was first: decide again on what it wrote.
//	asked: 1 web scale replicas=5
//	  append: 1
//	    job/web@1 job.scaled {"run":1,"version":2,"group":"web","replicas":5}
//	folded: job/web job.scaled {"run":1,"version":2,"group":"web","replicas":7}
//	appended: 1 conflict
//	  append: 2
//	    job/web@2 job.scaled {"run":1,"version":3,"group":"web","replicas":5}
//
// A test names its files and says how a machine is made ([Test]); run it with
// -update to have the indented lines written anew, and read the difference.
//
// # Lines
//
// A line is a name, a colon, and words: bare ones and key=value. A word with
// blanks in it is quoted as in Go or in balanced brackets. These names are known
// for every machine:
//
//	folded: job/web job.stopped {"run":1} [id= actor= trace= source= cause= epoch= counter=]
//	                                        a record of somebody is folded
//	folded: append=1 [count=2]              what append 1 asked for is folded, or
//	                                        the next two records of it
//	appended: 1 stored|conflict|unknown|refused [last=7] [error="the log is full"]
//	caught-up:
//	clock-moved:
//	tick: [5s]                              5 s pass, then the machine is ticked
//	pass: 5s                                time passes, by both clocks
//	skew: 1h                                the log's clock is an hour ahead
//
// Subjects are job/<job>, plan/<job>, kill/<job>, task/<job>/<slot>, launcher, agents, seal and log;
// types lack their "taurus." and ".v1". Every other name is the machine's own.
//
// Times are told from the start of the script: +5s. After a line that changes
// when the machine wants to be woken, "wake:" says to when.
package script
