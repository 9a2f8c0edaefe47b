package servercert

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
)

// ErrNames is returned for names that no certificate can be for.
var ErrNames = errors.New("no names for a certificate")

// nameMax is the longest name of a host (RFC 1035).
const nameMax = 253

// hostName is a name of DNS, in lower case, as clients compare it. One that begins with
// "*." is for all that have one part more.
var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Names are what a server is called by its clients.
type Names struct {
	Hosts     []string
	Addresses []net.IP
}

func (n Names) check() error {
	if len(n.Hosts)+len(n.Addresses) == 0 {
		return fmt.Errorf("%w: give the server at least one name or address", ErrNames)
	}
	for _, name := range n.Hosts {
		if len(name) > nameMax || !hostName.MatchString(name) || net.ParseIP(name) != nil {
			return fmt.Errorf("%w: %q is no name of a host, such as api or *.example.com in lower case; addresses are given apart", ErrNames, name)
		}
	}
	return nil
}

// within reports whether a certificate has all of the names.
func (n Names) within(cert *x509.Certificate) bool {
	for _, name := range n.Hosts {
		// A name with a star is not one that a client asks for.
		if !slices.Contains(cert.DNSNames, name) {
			return false
		}
	}
	for _, ip := range n.Addresses {
		if cert.VerifyHostname(ip.String()) != nil {
			return false
		}
	}
	return true
}
