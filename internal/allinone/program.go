package allinone

import (
	"net"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
)

// AnyPort asks for any free port of the loopback address.
const AnyPort = "127.0.0.1:0"

// Program is a process to keep running.
type Program struct {
	// Role is the argument of `taurus serve`, such as planner.
	Role string
	// Name is the process' own, unique in the supervisor: planner-1.
	Name string
	// Listen is where it should do its work, host:port; port 0, as in AnyPort,
	// means the port it had last time if that is free, otherwise any.
	Listen string
	// Args makes the arguments that follow the executable's name. It is called
	// for every start, with addresses that never change once they are known.
	Args func(Seats) []string
}

// Seats are the addresses a process is started with.
type Seats struct {
	// Listen and Admin are its own, host:port; the port is 0 until the first
	// process under this name has found one.
	Listen, Admin string
	// Announce is the file it writes its addresses to.
	Announce string
	// Peers are the addresses of the stages before, by role, in order of name.
	Peers map[string][]string
}

// Peer is the first address of a role, empty if there is none.
func (s Seats) Peer(role string) string {
	if len(s.Peers[role]) == 0 {
		return ""
	}
	return s.Peers[role][0]
}

// chooseAddress chooses an address: a wanted one with a port stands; otherwise the
// former one if nobody else has taken it, otherwise any port.
func chooseAddress(wanted, former string) string {
	host, port, err := net.SplitHostPort(wanted)
	if err != nil || port != "0" || former == "" {
		return wanted
	}
	was, _, err := net.SplitHostPort(former)
	if err != nil || was != host || !free(former) {
		return wanted
	}
	return former
}

// free reports whether an address can be listened on. It may be taken a moment
// later; then the process fails to start and the supervisor says so.
func free(address string) bool {
	l, err := net.Listen("tcp", address) //nolint:noctx // Nothing is waited for.
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Backoff is how long to wait before a process is started again.
type Backoff struct {
	// Wait is how long after so many deaths in a row.
	backoff.Wait
	// Reset is how long a process must have lived for earlier deaths to be
	// forgotten.
	Reset time.Duration
}

// DefaultBackoff is quick enough to watch and slow enough not to spin.
func DefaultBackoff() Backoff {
	return Backoff{Wait: backoff.Wait{First: 200 * time.Millisecond, Max: 10 * time.Second}, Reset: 30 * time.Second}
}
