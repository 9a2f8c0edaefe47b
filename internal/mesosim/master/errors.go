package master

import "errors"

var (
	// ErrCredentials is returned for a credentials file that is neither JSON
	// {"credentials":[{"principal":..,"secret":..}]} nor lines "principal secret".
	ErrCredentials = errors.New("credentials: neither JSON nor lines of principal and secret")
	// ErrLeadershipLost is returned by Run when this master led and does so no more.
	// What it knew is out of date: it must be started anew to stand for election.
	ErrLeadershipLost = errors.New("lost leadership; start the master again to have it stand for election")
	// ErrOption is returned by New for an option that cannot work.
	ErrOption = errors.New("option")
	// ErrSession is returned for a message of a session that is over: the agent
	// has to register again.
	ErrSession = errors.New("no such session")
)
