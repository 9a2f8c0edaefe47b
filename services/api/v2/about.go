package v2

import (
	_ "embed"
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"

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

func (a *about) cluster(c echo.Context) error {
	var v projection.Cluster
	if err := a.reader.Read(c, func(m *projection.Model, _ reader.Moment) { v = m.Cluster(seen(c)) }); err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}
