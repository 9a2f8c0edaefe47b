// Package events is the contract of taurus: what happened to jobs, tasks and the
// framework, one type an event, and how each is written to the log.
//
// An event is a message: its subject names the aggregate, its headers are
// CloudEvents attributes in the binary mode of the NATS protocol binding, and
// its body is JSON with the same bytes for the same event. The package depends
// on neither NATS nor the rest of taurus, so that other programs can read the
// log with it; it is a module of its own for the same reason.
//
// Events are only ever added to. A reader keeps members that it does not know,
// takes a type that it does not know for [Unknown], and stops with
// [ErrUnknownMajor] at a known type in a newer major version, for to fold on
// would be to misread the log. A message that is no event at all gives
// [ErrEnvelope] or [ErrBody]: no program of taurus' appends one, so whoever meets
// it, or an event on a subject that is not of its role ([RoleOf]) or its partition
// ([Space.Parse]), passes it over and says at which sequence.
package events
