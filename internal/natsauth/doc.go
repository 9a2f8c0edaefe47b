// Package natsauth says who may do what in NATS: a user for each role, with the
// subjects that it may publish and subscribe to, and no others. It is a table, and
// knows no server: what starts one, or prints its configuration, turns it into
// that server's terms.
//
// A user writes its own subjects of the log, asks JetStream to read and never to
// make, change or trim, and hears nothing but answers, under a prefix of inboxes
// that is its key's own.
//
// # What it does not hold off
//
// JetStream answers to whatever subject the one who asks names, in its own name and
// not in theirs. Who has the key of a role, and means harm, can so have answers
// stored under another's subject, which the fold rejects since they are no events,
// and records under the subject that they were stored on once more, which the fold
// has had already; and can send JetStream's API an empty message, which deletes a
// stream that it names. What another writes cannot be forged that way: records keep
// their subject (TestWhatIsLeft). A stream that is gone stops the services.
package natsauth
