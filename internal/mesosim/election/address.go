package election

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Scheme is how an address of ZooKeeper starts.
const Scheme = "zk://"

// Address is where an election takes place.
type Address struct {
	Servers []string // host:port
	Auth    string   // user:password of the digest scheme; empty: none
	Path    string   // absolute, without a slash at the end
}

// ParseAddress reads zk://[user:password@]host:port[,host:port...]/path. A
// password with special characters may be percent-encoded.
func ParseAddress(text string) (Address, error) {
	rest, ok := strings.CutPrefix(text, Scheme)
	if !ok {
		return Address{}, fmt.Errorf("%w: must start with %s", ErrAddress, Scheme)
	}
	hosts, path, _ := strings.Cut(rest, "/")
	a := Address{Path: "/" + strings.Trim(path, "/")}
	if i := strings.LastIndex(hosts, "@"); i >= 0 {
		a.Auth, hosts = hosts[:i], hosts[i+1:]
		if user, password, ok := strings.Cut(a.Auth, ":"); !ok || user == "" || password == "" {
			return Address{}, fmt.Errorf("%w: credentials must be user:password", ErrAddress)
		}
		if plain, err := url.PathUnescape(a.Auth); err == nil {
			a.Auth = plain
		}
	}
	if a.Path == "/" {
		return Address{}, fmt.Errorf("%w: needs a path, as in zk://host:2181/mesos", ErrAddress)
	}
	for part := range strings.SplitSeq(a.Path[1:], "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, forbidden) {
			return Address{}, fmt.Errorf("%w: path %q is none that ZooKeeper takes", ErrAddress, a.Path)
		}
	}
	for server := range strings.SplitSeq(hosts, ",") {
		host, port, err := net.SplitHostPort(server)
		if err != nil || host == "" || port == "" {
			return Address{}, fmt.Errorf("%w: server %q needs a host and a port", ErrAddress, server)
		}
		a.Servers = append(a.Servers, server)
	}
	return a, nil
}

// forbidden reports whether ZooKeeper takes a character in no path.
func forbidden(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0
}
