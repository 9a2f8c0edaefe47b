// Package policy decides what a job may ask for: rules, which a security team writes into a
// file, who asks, and the spec of a job. It does no I/O.
//
//	file -> Decode -> Policy -- Check(who, spec) --> violations, all at once
//	                         |- Held(spec) --------> those that nobody could submit it with
//	                         '- Room(...) ---------> what a quota has left
//
// The first rule decides that fits the job and who asks, alone: nothing of the rules behind
// it is added. What it does not speak of is as in Default, which also decides where no rule
// fits. Quotas are apart: each that fits a job holds.
//
// Who asked is known when a job is submitted or changed, and not when a task of it is planned:
// the log has a name, and not the roles of then. So a task is held back only if no rule that
// fits the job lets anybody ask for it.
//
// docs/policy.md says it for users.
package policy
