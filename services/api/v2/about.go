package v2

import (
	_ "embed"
	"net/http"
	"runtime"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// openAPIDocument describes every route (OpenAPI 3.1), those of other dialects too.
//
//go:embed openapi.json
var openAPIDocument []byte

// Document returns what openAPI answers with; it must not be changed.
func Document() []byte { return openAPIDocument }

// about is what is told of the service and the cluster as a whole.
type about struct {
	reader *reader.Reader
	// name and version are those of the instance.
	name, version string
}

func (a *about) openAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, web.JSONType, openAPIDocument)
}

// versionView is who answers.
type versionView struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Instance string `json:"instance"`
}

func (a *about) who(c echo.Context) error {
	return web.WriteJSON(c, http.StatusOK, web.JSONType,
		versionView{Version: a.version, Go: runtime.Version(), Instance: a.name})
}

// meView is who asks, and what they may do.
type meView struct {
	Name       string       `json:"name"`
	By         access.Means `json:"by"`
	Token      string       `json:"token,omitzero"`
	OnBehalfOf string       `json:"on_behalf_of,omitzero"`
	Roles      []string     `json:"roles"`
	Groups     []string     `json:"groups,omitempty"`
	// Grants are what the roles and those of the groups give.
	Grants  []grantView `json:"grants"`
	Expires time.Time   `json:"expires,omitzero"`
}

type grantView struct {
	Rights []access.Right `json:"rights"`
	Jobs   []string       `json:"jobs"`
}

func (a *about) me(c echo.Context) error {
	r := web.RequestOf(c)
	p := r.Principal
	v := meView{
		Name: p.Name, By: p.By, Token: p.TokenID, OnBehalfOf: r.Author.OnBehalfOf, Groups: p.Groups, Expires: p.Expires,
		Roles: append([]string{}, p.Roles...), Grants: []grantView{},
	}
	for _, g := range r.Grants() {
		v.Grants = append(v.Grants, grantView(g))
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

func (a *about) cluster(c echo.Context) error {
	var v projection.Cluster
	if err := a.reader.Read(c, func(m *projection.Model, _ reader.Moment) { v = m.Cluster(seen(c)) }); err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}
