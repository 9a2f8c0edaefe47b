// Package launching decides what the launcher does: which offers it keeps, which
// tasks it stages and launches on them, what it records of what Mesos reports,
// and how it finds out what became of a launch.
//
//	Offered -> held -> placed -> Append TaskStaged -> Folded -> Accept
//	                     \-> unfit: Decline, and again until Mesos has heard it
//	Reported -> considered -> Append TaskStatusChanged -> Folded -> Acknowledge
//	staged and silent -> Decline its offers -> Reconcile -> "gone" -> Append TaskWithdrawn
//
// An offer's way is in offers.go (held, given back), place.go (matched, staged), gang.go
// (held for a gang of which a part would fit)
// and launch.go (accepted). secrets.go has the secrets of a group asked for before any of that: they are kept
// by whoever carries effects out, and the machine knows a ticket for them. A status' way is in status.go (considered) and
// facts.go (recorded, acknowledged). resolve.go follows what stays silent,
// reconcile.go asks for the rest, listing.go lists what Mesos runs to find out what
// strangers are, and adopt.go brings them in.
//
// Where a part of the log was lost, what it said was launched Mesos may be running
// still. Nothing is staged then before a session has a whole list of what Mesos runs,
// and all of it that the log does not know is adopted.
//
// ACCEPT is the one effect that is never repeated and never completed later. A
// staged task of which Mesos says nothing is therefore resolved: its offers are
// declined first, so that a straying ACCEPT comes to nothing, and only when Mesos
// has heard that is it asked about the task. Only a negative answer to that
// question ends the attempt.
//
// Every other call states what is wanted, and is repeated until it was heard: an
// offer is known until its DECLINE was answered, and while a task waits Mesos is
// asked for offers again and again. A call that its caller has given up may still
// be carried out, behind later ones; whatever it undoes is asked for again.
//
// After a crash at any point: staged tasks without a status are resolved,
// statuses that were not acknowledged come again, and offers die with the
// subscription.
package launching
