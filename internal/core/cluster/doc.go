// Package cluster folds the log into the state of the cluster: jobs, their
// slots, the attempts that fill them, and who launches.
//
//	message --Decode--> Record --Apply--> State
//	                                |       Launcher: epoch, framework, subscription
//	                                |       Seal, Losses: of the log itself
//	                                |       Access: tokens, roles, groups, the policy
//	                                |       Jobs
//	                                |         Slots: tally of ends
//	                                |           Tasks: attempts that still matter
//	                                |
//	                                '---> Change: judgement, and what was touched
//
//	subject     applied by      judged by
//	job         applyJob        the run it names is the newest
//	plan        applyPlan       an end: the run; attempts and dooms are added once
//	task        applyTask       epoch, then repeats, then the rank rule (report)
//	kill        applyKill       nothing: its tasks count it
//	launcher    applyLauncher   epoch
//	agents      applyAgents     what is drained
//	access      applyAccess     nothing comes back that was revoked; built-in roles stay
//	seal        applySeal       it is over more than the seal before
//	log         applyLog        nothing; a log is created once
//
// A job that is over, and of which nothing lives, may be closed (CloseAfter): what is kept of
// its slots is packed, and comes back as soon as a record is about the job. That changes no
// decision and no judgement, so each service does it when it likes.
//
// docs/state-machines.md draws the states of task and job; a test holds the two to
// each other.
//
// Every service holds one State and applies every record to it, in order and
// unfiltered. The fold is pure: it takes records, never the clock, and never
// decides anything. It judges: a launcher's record counts only if its epoch is
// the newest election before it, repeats fall away, and statuses obey the rank
// rule, so whatever mixture of old and new launchers wrote the log, everybody
// reads the same state from it.
//
// Pairs of events on different subjects are legal in any order (a task staged
// after its job was stopped), because expectations cannot span subjects. Apply
// therefore never fails on them; decisions repair what they mean.
package cluster
