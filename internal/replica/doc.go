// Package replica runs one replica of planner or reaper: its machine on a
// fold.Loop, told which part of the jobs is its own, its decisions counted.
//
//	log ---> fold.Loop ---> machine ---> appends, notes
//	            ^  |
//	     Shared |  '--> Carrier: what else the machine asks for
//	            |
//	          Share: which partitions are this replica's
package replica
