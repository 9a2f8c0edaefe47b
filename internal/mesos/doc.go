// Package mesos is taurus' client of the Mesos v1 scheduler API.
//
// It takes message types and the protobuf codec from mesos-go and does the HTTP
// itself, because a subscription must outlive a failed call: one long answer
// carries the events, one connection carries ACCEPT, DECLINE, REVIVE, SUPPRESS
// and RECONCILE in the order they were made, a pool carries ACKNOWLEDGE. Nothing
// of mesos-go is seen from outside; offers, statuses and launches are plain
// values.
//
//	Subscribe --> SUBSCRIBED --> OFFERS, UPDATE, HEARTBEAT, ... --> the end: Err
//	    |             ACCEPT, DECLINE, REVIVE, SUPPRESS, RECONCILE -->  (one connection)
//	    |             ACKNOWLEDGE -------------------------------->     (a pool)
//	    \--> an error: no master leads, or it refuses
//
// What happens on failure:
//
//   - A call that fails returns an error and leaves the subscription alone,
//     unless the master said that the stream is stale: then it ends.
//   - HTTP 202 says that a call was received, never that it worked; the outcome
//     of ACCEPT, KILL and RECONCILE arrives as events.
//   - No call is ever sent twice. Who retries what is for the services to say.
//   - A subscription that ends closes its channel of events, and Err says why:
//     [ErrFailedOver], [ErrFrameworkRemoved], [ErrHeartbeatLost],
//     [ErrEventTooLarge], [ErrDisconnected]. There is no reconnecting inside:
//     a new Subscribe is a new epoch with a new stream id, and all offers of
//     the old one are void.
//
// Reference: https://mesos.apache.org/documentation/latest/scheduler-http-api/.
package mesos
