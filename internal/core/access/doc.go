// Package access decides who may do what: a principal, a right, the id of a job, and
// the roles as they are folded from the log. It does no I/O; who asks is found out by
// package authn.
//
// A right on a job comes from a role that grants it for a pattern of ids; a right on the
// cluster comes only from a grant for all of them. What no role grants is refused.
package access
