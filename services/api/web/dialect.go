package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Dialect is a way of talking to users.
type Dialect struct {
	// Routes are its own; no two dialects have one path.
	Routes []Route
	// Roots are the paths that it answers for where nobody has a route. As in the
	// patterns of http.ServeMux one that ends in a slash stands for all beneath
	// it, and the longest counts.
	Roots []string
	// Kinds are the errors of its own. They are tried before those of all dialects.
	Kinds []Kind
	// Fail says what went wrong. The error is that of sending it.
	Fail func(c echo.Context, p Problem) error
	// NoHead reports whether HEAD is left without an answer. All other routes answer
	// it as they do GET, as RFC 9110 (9.1) asks of every server; net/http leaves the
	// body out.
	NoHead bool
}

// Route is one method of one path, in Echo's notation. Echo prefers static parts
// to parameters and those to wildcards whatever the order.
type Route struct {
	Method, Path string
	Handle       echo.HandlerFunc
	// Right is what who asks needs, and About what on. A route without is refused, unless
	// it is Open: then anybody may ask, also who could not say who they are.
	Right access.Right
	About About
	Open  bool
	// Else is another right that lets a request in; the handler finds out which of the two
	// it is that it takes, and asks (Permit).
	Else access.Right
	// Fixed reports whether the answer needs nothing of the log, so that it is given
	// before the log is replayed.
	Fixed bool
	// Cost is what a request may cost, beside nearly nothing.
	Cost Cost
	// Feed reports whether the answer to a request may go on for ever; nil is never.
	Feed func(*http.Request) bool
}

// Cost says what there must be room for before a request is let in.
type Cost int

const (
	// Small is a request that costs little: what one job is, say.
	Small Cost = iota
	// Large is one whose answer may be large or take long.
	Large
	// Submission is one whose body may be large, and takes time to decode.
	Submission
	// Urgent is one for which there is room when there is none for others: a stop.
	Urgent
)

// feeds reports whether a request is for a feed.
func (r Route) feeds(c echo.Context) bool { return r.Feed != nil && r.Feed(c.Request()) }

// methods are those that the route answers.
func (d *Dialect) methods(r Route) []string {
	if r.Method == http.MethodGet && !d.NoHead {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{r.Method}
}

// speaker is a dialect with every kind of error it may have to say.
type speaker struct {
	*Dialect
	kinds []Kind
}

// speakers finds the dialect of a request.
type speakers struct {
	byPath map[string]speaker // By the path of a route.
	byRoot map[string]speaker
	roots  []string // The longest first.
}

// newSpeakers refuses dialects that get into each other's way.
func newSpeakers(dialects []Dialect, shared []Kind) (*speakers, error) {
	all := &speakers{byPath: map[string]speaker{}, byRoot: map[string]speaker{}}
	for i := range dialects {
		one := speaker{Dialect: &dialects[i], kinds: slices.Concat(dialects[i].Kinds, shared)}
		for _, r := range one.Routes {
			if other, taken := all.byPath[r.Path]; taken && other.Dialect != one.Dialect {
				return nil, fmt.Errorf("%w: two have the path %s", ErrDialects, r.Path)
			}
			if lack := r.unasked(); lack != "" {
				return nil, fmt.Errorf("%w: %s %s %s", ErrDialects, r.Method, r.Path, lack)
			}
			all.byPath[r.Path] = one
		}
		for _, root := range one.Roots {
			if _, taken := all.byRoot[root]; taken {
				return nil, fmt.Errorf("%w: two have the root %s", ErrDialects, root)
			}
			all.byRoot[root] = one
			all.roots = append(all.roots, root)
		}
	}
	if _, there := all.byRoot["/"]; !there {
		return nil, fmt.Errorf("%w: none has the root /, so nobody answers for the other paths", ErrDialects)
	}
	slices.SortFunc(all.roots, func(a, b string) int { return len(b) - len(a) })
	return all, nil
}

// of is the dialect whose route a request came to, or else the one that answers
// for its path.
func (s *speakers) of(c echo.Context) speaker {
	if one, ok := s.byPath[c.Path()]; ok {
		return one
	}
	path := c.Request().URL.Path
	for _, root := range s.roots {
		if path == root || strings.HasSuffix(root, "/") && strings.HasPrefix(path, root) {
			return s.byRoot[root]
		}
	}
	return s.byRoot["/"] // For what is no path, as in OPTIONS *.
}
