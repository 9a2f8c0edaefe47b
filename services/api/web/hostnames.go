package web

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// misdirectedError says that a request is for another host.
type misdirectedError struct{ host string }

// Error says what to do, for users.
func (e *misdirectedError) Error() string {
	host := Cleaned(e.host, WordMax)
	return fmt.Sprintf("This api does not go by the name %q, which the Host header has. Ask for it by its address, or give it the name: --host-names %s", host, host)
}

// named refuses requests for another host. A name that somebody else gives out may lead
// here, too, and then a browser takes the pages of theirs for pages of ours: no other
// check knows them from each other. An address is nobody's to give out.
func (f *frame) named(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if host := bareHost(c.Request().Host); !f.isNamed(host) {
			return &misdirectedError{host}
		}
		return next(c)
	}
}

// bareHost is a host without its port, as it is compared.
func bareHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

func (f *frame) isNamed(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return f.HostNames != nil && slices.ContainsFunc(f.HostNames(), func(pattern string) bool { return matches(pattern, host) })
}

// matches reports whether a name is the one of a pattern, or as in certificates has one
// part in place of the star that the pattern begins with.
func matches(pattern, name string) bool {
	pattern = strings.ToLower(strings.TrimSuffix(pattern, "."))
	parent, wild := strings.CutPrefix(pattern, "*.")
	if !wild {
		return pattern == name
	}
	part, rest, _ := strings.Cut(name, ".")
	return part != "" && rest == parent
}
