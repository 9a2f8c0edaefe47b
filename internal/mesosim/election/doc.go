// Package election chooses the leader among several masters over ZooKeeper, as
// Mesos does (mesos-v1, section 6).
//
// Each master puts an ephemeral sequential node json.info_%010d with its
// MasterInfo under the path of the zk:// address; the one with the smallest
// number leads, until its node goes away with its session. Masters and agents
// watch the nodes to know the leader. Other nodes under the path are nobody's
// business here: Mesos keeps log_replicas there, and this package registry.
//
// That node stands in for Mesos' replicated log: it is what a master knows of the
// cluster's agents. It is written on the condition that nobody else wrote it since,
// and a new leader writes it before it does anything else. So a master that was
// cut off, and does not know yet that it is replaced, cannot admit or remove an
// agent any more: its next write fails with ErrFenced.
//
// Mesos has a log in each master's work_dir instead: there, masters that all start
// with an empty one know no agents. Here they know those of the path, until the
// node is deleted or another path is taken; and --quorum means nothing.
//
//	          found            no connection
//	dialling -------> connected <-----------> away
//	                      |                     |
//	       expired, closed|                     | SessionTimeout is over
//	                      v                     |
//	                    lost <------------------/
//
// A session that is lost is over: its Lost channel is closed and nothing is
// repaired under the hood. It is lost when ZooKeeper says that it expired, and
// also when there was no connection for SessionTimeout, for then nobody can tell.
// A leader that lost its session ends itself, as in Mesos; all others dial anew.
package election
