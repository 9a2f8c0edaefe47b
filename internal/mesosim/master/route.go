package master

import (
	"net/http"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

const plainText = "text/plain; charset=utf-8"

// routes serves each path and what lies below it, the longest that fits, with
// and without /master in front, as libprocess does (1.1).
func (s *Server) routes() http.Handler {
	read := s.realm("mesos-master-readonly", s.opts.AuthenticateReadOnly).Guard
	write := s.realm("mesos-master-readwrite", s.opts.AuthenticateReadWrite).Guard
	agents := s.realm("mesos-master-agents", s.opts.AuthenticateAgents).Guard
	exact := map[string]http.HandlerFunc{
		"/redirect":       s.redirect,
		link.PathRegister: agents(s.led(s.register)),
		link.PathMessages: agents(s.led(s.messages)),
	}
	prefixes := map[string]http.HandlerFunc{
		"/api/v1/scheduler": s.scheduler,
		"/api/v1":           write(s.led(s.operator)),
		"/health":           func(http.ResponseWriter, *http.Request) {},
		"/state":            read(s.led(s.state)),
		"/slaves":           read(s.led(s.slaves)),
		"/frameworks":       read(s.led(s.frameworks)),
		"/tasks":            read(s.led(s.tasks)),
		"/state-summary":    read(s.led(s.summary)),
		"/roles":            read(s.led(s.roles)),
		"/flags":            read(s.flags),

		"/maintenance/schedule": write(s.led(s.maintenanceSchedule)),
		"/maintenance/status":   read(s.led(s.maintenanceStatus)),
		"/machine/down":         write(s.led(s.machineDown)),
		"/machine/up":           write(s.led(s.machineUp)),
		"/version":              s.version,
		"/teardown":             write(s.led(s.teardown)),
		"/metrics/snapshot":     read(s.snapshot),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimSuffix(r.URL.Path, "/")
		if rest, ok := strings.CutPrefix(path, "/master/"); ok {
			path = "/" + rest
		}
		if h := exact[path]; h != nil {
			h(w, r)
			return
		}
		for path != "" {
			if h := prefixes[path]; h != nil {
				h(w, r)
				return
			}
			// There is none in "*", which is a target too.
			path = path[:max(strings.LastIndex(path, "/"), 0)]
		}
		text(w, http.StatusNotFound, "404 Not Found.")
	})
}

// text answers in the form of libprocess' errors.
func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", plainText)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) //nolint:gosec // JSON or plain text, not HTML.
}

// only reports whether a request has one of the methods. If it has not, it is
// answered.
func only(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	text(w, http.StatusMethodNotAllowed, "405 Method Not Allowed. Expecting one of { '"+strings.Join(methods, "', '")+
		"' }, but received '"+r.Method+"'.")
	return false
}
