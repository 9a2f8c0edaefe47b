// Package reaping decides which tasks to ask Mesos to kill, and has it done.
//
// A task is killed when it is doomed and Mesos has spoken of it. One that is
// only staged is left to the launcher: a KILL on the reaper's connection could
// overtake the ACCEPT on the launcher's, be answered "gone", and the task would
// then run for ever.
//
//	due --Append KillIssued--> log --Folded, own--> +--------+
//	 ^                                              | queued |  a task once
//	 |                                              +--------+
//	 |                                                  |  fewer than 64 busy
//	 |                                                  v
//	 |             newer SubscriptionOpened         +---------+  Kill
//	 |               .----------------------------> | called  | ----> Mesos
//	 |               |                              +---------+
//	 |         +-----------+      refused, stale      |     |  accepted
//	 |         |   waits   | <------------------------'     v
//	 |         +-----------+                             (free)
//	 |               |
//	 '---------------'  after grace and margin, if it has not ended
//
// Only who reads its own announcement back sends the KILL, so that of several
// reapers one does. A kill that is refused waits for a newer subscription for as
// long as it is not about to be announced again: two that wait would kill twice.
//
// The log names the master that kills go to, and the configuration may not. While
// it does not (Barred), nothing is announced and nothing is sent.
package reaping
