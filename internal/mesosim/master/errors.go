package master

import "errors"

var (
	// ErrCredentials is returned for a credentials file that is neither JSON
	// {"credentials":[{"principal":..,"secret":..}]} nor lines "principal secret".
	ErrCredentials = errors.New("credentials: neither JSON nor lines of principal and secret")
	// ErrOption is returned by New for an option that cannot work.
	ErrOption = errors.New("option")
	// ErrSession is returned for a message of a session that is over: the agent
	// has to register again.
	ErrSession = errors.New("no such session")
)
