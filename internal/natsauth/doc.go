// Package natsauth says who may do what in NATS: a user for each role, with the
// subjects that it may publish and subscribe to, and no others. It is a table, and
// knows no server: what starts one, or prints its configuration, turns it into
// that server's terms.
//
// A user writes its own subjects of the log, asks JetStream to read and never to
// make, change or trim, and hears nothing but answers, under a prefix of inboxes
// that is its key's own.
//
// Each role is in an account of its own, so that what JetStream answers, on a subject
// that the one who asks names, is published where there is nothing but what that role
// is offered. It goes nowhere, and no stream is made, changed or deleted by it
// (TestNoReplyDoesHarm).
//
// # What it does not hold off
//
// Who has the key of a role can write what is the role's, as much as there is room for,
// and make consumers. One that pushes delivers to nobody (TestNoDeliveryDoesHarm), but
// for a single server that starts with it: that has to be started without, as package
// natsserver does.
package natsauth
