// Package disk damages the files of a NATS server's store, as disks and people do: a
// bit flips, an end is cut off, a file is gone, emptied, or another one's; of a server
// of a cluster a whole directory may be gone, too.
//
// Its tests do so to copies of the store of a real log, a seed each, start the servers
// on what is left and fold it as a service does, with the mark of one that had folded
// all of it. Each ends with the whole log or with a refusal that has a name; that a
// service goes on with less than there was, or waits without a word, is the failure.
//
// TestDamagedStore has one server. TestDamagedReplicas has a cluster of three, all of
// them stopped, or killed, while the store of one is damaged, every third seed those of
// two: blocks of the log, what the Raft groups of the stream and of JetStream itself
// keep, directories, or all there is. What is read then is up to which server leads, and
// which one serves the reader, so one that was damaged is made to lead, and the log is
// folded some times more. NATS takes a replica with a hole for a current one and does not
// mend it; that is told in the output.
//
// Once it is folded the log is read again, as an api does for old events. A reading, too,
// gives what there was, or is refused: it may come from a replica that a file of another
// log was put on.
//
// Of three servers a seed repeats the draws; which files there are to draw from, and who
// leads, is not the same each time. There are a third as many seeds of these.
//
//	go test ./sim/disk -seeds=300
//	go test ./sim/disk -seed=17 -v
package disk
