// Package deciding runs a pure decision over every job of a folded log: what the
// machines of planner and reaper have in common.
//
// It is level-triggered. A record puts its job on the agenda; a job on the agenda
// is looked at in whatever state it is by then; what the policy decides is appended
// on the condition that the policy's subject did not move. Then the job rests until
// the fold has passed what was appended. A lost race, a lost answer and a crash
// therefore all end the same way: the job is looked at again.
//
//	       a record, a time, a new share
//	                   |
//	                   v           left to its owner, 2 s
//	             +-----------+ ------------------------.
//	.----------> | on the    |                         |
//	|            | agenda    | <-----------------------'
//	|            +-----------+
//	|   nothing to do  |   | decided
//	|  (perhaps a wake)|   v
//	|                  | +-----------+   Append
//	|                  | | in flight | ---------->
//	|                  v +-----------+
//	|               (off)      | Appended
//	|                          v
//	|            +---------------------------+
//	'----------- | rests: until it is folded |
//	             | (stored), 250 ms (lost a  |
//	             | race), 1 s (trouble)      |
//	             +---------------------------+
//
// At most one append per job is under way, so no two of one's own share an
// expectation. Any number of machines of one role may run; the expectation lets
// one of them win. To spare them the race each has a share of the partitions, and
// leaves a job of another's share to it for a while.
//
// What a policy has to share out among jobs, room in the log say, is taken from the
// decision on until it is folded (Proposal.Takes): many are under way at once.
//
// Jobs are looked at in the order in which they came onto the agenda; a large one rests
// between two looks.
package deciding
