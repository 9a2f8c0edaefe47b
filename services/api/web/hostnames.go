package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// named refuses requests for another host. A name that somebody else gives out may lead
// here, too, and then a browser takes the pages of theirs for pages of ours: no other
// check knows them from each other. An address is nobody's to give out.
func (f *frame) named(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(f.HostNames) > 0 && !f.isNamed(c.Request().Host) {
			return echo.NewHTTPError(http.StatusMisdirectedRequest)
		}
		return next(c)
	}
}

func (f *frame) isNamed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if _, err := netip.ParseAddr(host); err == nil || host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return slices.ContainsFunc(f.HostNames, func(name string) bool { return strings.EqualFold(name, host) })
}
