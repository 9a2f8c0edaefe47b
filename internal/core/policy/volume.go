package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/job"
)

// volume holds a path of the host against those that may be bound. What a symbolic link on
// the host leads to cannot be known here.
func (c *checker) volume(at string, v job.Volume) {
	here := under(at, "host_path")
	if why := c.path(v.HostPath, !v.ReadOnly()); why != "" {
		c.forbid(here, "%s", why)
	}
}

// path says why a path of the host may not be had, empty if it may.
func (c *checker) path(p string, writes bool) string {
	if !strings.HasPrefix(p, "/") {
		return quote(p) + " must be absolute"
	}
	if slices.Contains(strings.Split(p, "/"), "..") {
		return quote(p) + " must not have .. in it: what is above a symbolic link is elsewhere; write where it leads"
	}
	only := false
	for _, v := range c.rule.Volumes {
		if !isUnder(path.Clean(p), path.Clean(v.Path)) {
			continue
		}
		if !v.ReadOnly || !writes {
			return ""
		}
		only = true
	}
	if only {
		return quote(p) + " may be bound read-only alone; say mode: ro"
	}
	paths := make([]string, len(c.rule.Volumes))
	for i, v := range c.rule.Volumes {
		paths[i] = v.Path
	}
	if len(paths) == 0 {
		return "must not be of the host: no path of it may be had; leave " + quote(p) + " out"
	}
	return quote(p) + " must not be had; what may is below " + oneOf(paths)
}

// isUnder reports whether a clean path is another, or below it.
func isUnder(p, top string) bool {
	return top == "/" || p == top || strings.HasPrefix(p, top+"/")
}

// web are the schemes that Mesos fetches by itself from elsewhere.
var web = [...]string{"http://", "https://", "ftp://", "ftps://"} //nolint:gochecknoglobals // Never changed.

// uris holds what is fetched against what may be. Mesos' fetcher takes what begins with a
// slash or with file:// from the host, those of the web from there, and gives all others to
// Hadoop's client, which reads files of the host as well.
func (c *checker) uris(at string, uris []job.URI) {
	for i, u := range uris {
		if why := c.uri(u.Value); why != "" {
			c.forbid(under(index(at, i), "value"), "%s", why)
		}
	}
}

func (c *checker) uri(uri string) string {
	if local, ok := strings.CutPrefix(uri, "file://"); ok || strings.HasPrefix(uri, "/") {
		if !ok {
			local = uri
		}
		local = strings.TrimPrefix(local, "localhost")
		if why := c.path(local, false); why != "" {
			return "fetches a file of the host, which counts as a volume: " + why
		}
		return ""
	}
	if c.rule.URIs == nil {
		if slices.ContainsFunc(web[:], func(scheme string) bool { return strings.HasPrefix(strings.ToLower(uri), scheme) }) {
			return ""
		}
		return "must begin with " + oneOf(web[:]) + ": others may read files of the host"
	}
	if slices.Contains(c.rule.URIs, everything) {
		return ""
	}
	if dotted(uri) {
		return "must not have .. in it"
	}
	if !anyFits(c.rule.URIs, uri) {
		return "must not be fetched; what may be is " + oneOf(c.rule.URIs)
	}
	return ""
}

// dotted reports whether the path of a URL goes up, in one writing or another.
func dotted(uri string) bool {
	plain := strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/", `\`, "/", "%5c", "/", "%5C", "/").Replace(uri)
	return slices.Contains(strings.FieldsFunc(plain, func(r rune) bool { return r == '/' || r == '?' || r == '#' }), "..")
}
