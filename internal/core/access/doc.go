// Package access decides who may do what: a principal, a right, the id of a job, and
// the roles as they are folded from the log. It does no I/O; who asks is found out by
// package authn.
//
// A right on a job comes from a role that grants it for a pattern of ids; a right on the
// cluster comes only from a grant for all of them. What no role grants is refused.
// State is folded from what the log says of tokens, roles, groups and the policy; Decide
// says which event a user's command leads to:
//
//	token    created --> good --> revoked, or expired --> 30 days later not known any more
//	role     set (again and again) --> removed; the built-in ones are always there
//	group    bound to roles --> bound to others, or to none
//	policy   set, again and again
package access
