// Package leading decides who launches: it holds the lease, the election and the
// subscription of one launcher.
//
//	             +-----------+
//	             | replaying |
//	             +-----+-----+
//	                   | CaughtUp
//	                   v              LeaseLost
//	+------------> +---------+ <---------------------+
//	|              | standby |  Lease until Leased    |
//	|              +----+----+                        |
//	|                   | Leased                      |
//	|                   v                             |
//	|              +----------+ ----------------------+
//	|              | electing |  Append LauncherElected
//	|              +----+-----+
//	|                   | own election folded
//	| another's         v
//	| election     +-------------+ <-----------------+
//	| folded, or   | subscribing |  Subscribe        |
//	| no Mesos for +----+--------+                   | Ended
//	| a minute          | Subscribed                 |
//	+<---               v                            |
//	| from all     +---------+                       |
//	| of these     | opening |  Append Subscription- |
//	|              +----+----+  Opened               |
//	|                   | opening folded             |
//	|                   v                            |
//	|              +--------+ -----------------------+
//	+<-------------| active |  Listen
//	               +--------+
//
// Three things keep two launchers from doing harm, and the lease, which saves
// work, is not among them: Mesos cuts the older subscription of a framework id
// and refuses its stream id; a slot's expected last sequence lets one TaskStaged
// win; and the epoch, the sequence of the election, in every launcher event lets
// the fold ignore those of a launcher that had been replaced.
//
// None of them keeps off who has the launcher's key for NATS. What such a one writes
// about the subscription, in its epoch, the active launcher writes again as it is.
package leading
