// Package presence is how the parts of taurus know of each other: each renews,
// every few seconds, a key that says who it is and whether it is able to do its
// work, and the key of one that is dead runs out.
//
//	Keeper: report --Renew--> presence.<role>.<name> --Present--> Watch: who is there,
//	        every 5 s, a write that works or not                 who was, and when
//
// The keys are in the bucket of leases (eventlog.Presence). Their second part is
// the role, so that a NATS user can be given the right to write those of its own
// role and no other: package natsauth. Nothing is decided by them: they are for
// people, in readyz, explain and doctor.
//
// A renewal is a write that NATS has stored, so the keeper tells its own process
// too, by a check, when one has last worked.
//
// What a watch knows of the past is what it has seen itself: of a role that was
// never there since it began it says just that.
package presence
