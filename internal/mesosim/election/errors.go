package election

import "errors"

var (
	// ErrAddress is returned for an address that is not of the form
	// zk://[user:password@]host:port[,host:port...]/path.
	ErrAddress = errors.New("zk")
	// ErrSessionLost is returned when ZooKeeper ended the session, or could not be
	// reached for SessionTimeout: what was known of the leader is not true any more.
	ErrSessionLost = errors.New("zookeeper session lost")
	// ErrMasterInfo is returned for the node of a leader that does not say where it
	// listens.
	ErrMasterInfo = errors.New("no MasterInfo with an address")
	// ErrFenced is returned by Registry.Save when another master wrote the registry:
	// this one does not lead any more.
	ErrFenced = errors.New("another master has taken over the registry")
	// ErrTooLarge is returned for a registry beyond MaxRegistry.
	ErrTooLarge = errors.New("registry too large for a zookeeper node")
)
