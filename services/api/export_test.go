package api

import (
	"net"
	"net/http"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// AddDialect appends to the list of dialects, as a line in it would.
func AddDialect(o *Options, dialect func(*reader.Reader, *commander.Commander) web.Dialect) {
	o.dialects = append(o.dialects, func(g given) web.Dialect { return dialect(g.reader, g.commander) })
}

// As has requests be of whoever is said.
func As(o *Options, who web.Access) { o.access = who }

// Connections are those that a listener accepts, so many of all and of each client.
func Connections(l net.Listener, most, each int, refused func()) net.Listener {
	return newConnections(l, most, each, true, refused)
}

// Busy has a connection have a request under way.
func Busy(l net.Listener, conn net.Conn) {
	l.(*connections).changed(conn, http.StateActive) //nolint:forcetypeassert // Connections made it.
}

// Lacks reports whether the service has a job without its tasks.
func (s *Service) Lacks(id string) (lacks bool) {
	s.live.View(func(m *projection.Model) { _, lacks = m.Lacks(id) })
	return lacks
}
