// Package taskstate names the states of a task, in the order of their rank.
//
//	PENDING < STAGING < STARTING < RUNNING < KILLING < an end
//
// An end is an agent's word (FINISHED, FAILED, KILLED, ERROR), made up by a master
// that could not ask the agent (LOST, DROPPED, GONE, GONE_BY_OPERATOR, UNKNOWN), or
// taurus' own (WITHDRAWN: never launched). docs/state-machines.md draws what leads
// from one to another; the fold, package cluster, does it.
package taskstate
