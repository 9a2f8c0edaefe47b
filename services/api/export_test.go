package api

import (
	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// AddDialect appends to the list of dialects, as a line in it would.
func AddDialect(o *Options, dialect func(*reader.Reader, *commander.Commander) web.Dialect) {
	o.dialects = append(o.dialects, func(g given) web.Dialect { return dialect(g.reader, g.commander) })
}

// As has requests be of whoever is said.
func As(o *Options, who web.Access) { o.access = who }
