package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"
)

// RequestTimeout bounds every request but feeds.
const RequestTimeout = 30 * time.Second

// Options are what Handler is given; all are required but those that say what nil is.
type Options struct {
	Dialects []Dialect
	// Kinds are the errors of what all dialects stand on.
	Kinds []Kind
	// Log gets one line per request.
	Log zerolog.Logger
	Now func() time.Time
	// Answered hears of each request; route is empty if it came to none.
	Answered func(method, route string, status int, took time.Duration)
	// Sequence is the last one folded.
	Sequence func() uint64
	// Ready returns nil once the log is replayed.
	Ready func() error
	// BodyMax bounds the bodies of submissions, in bytes; others are bounded by
	// SmallBody too.
	BodyMax int64
	Limits  Limits
	// Access knows who asks; nil has all be somebody who may do nothing.
	Access Access
	// NoJob is the error of a job that is not there.
	NoJob error
	// Decided hears what became of each request; nil is nobody.
	Decided func(Decision)
	// HostNames are the names that may be asked for at this moment, besides localhost and
	// addresses; nil is none. One that begins with "*." is any that has one part there.
	HostNames func() []string
	// Document is the path at which all routes are listed.
	Document string
}

// frame is what is around every dialect.
type frame struct {
	Options
	patterns patterns
	speakers *speakers
	doors    *doors
	pacing   pacing
}

// Handler serves every route of every dialect. The error is ErrDialects.
func Handler(o Options) (*echo.Echo, error) {
	speakers, err := newSpeakers(o.Dialects, slices.Concat(o.Kinds, general()))
	if err != nil {
		return nil, err
	}
	f := &frame{Options: o, patterns: newPatterns(), speakers: speakers, doors: newDoors(o.Limits.withDefaults()), pacing: newPacing(o.Limits.withDefaults())}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(f.Log)
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = f.fail
	e.Use(guarded, f.observe, recovered, f.named, sameOrigin, signed)
	for i := range o.Dialects {
		f.add(e, &o.Dialects[i])
	}
	return e, nil
}

func (f *frame) add(e *echo.Echo, d *Dialect) {
	for _, r := range d.Routes {
		handle := f.authorised(r, f.sized(r, r.Handle))
		if !r.Fixed {
			handle = f.caught(f.identified(r, handle))
		}
		handle = f.admitted(r, bounded(r, handle))
		for _, method := range d.methods(r) {
			e.Add(method, r.Path, handle)
		}
	}
}

// detail is the mend of a request that comes to no handler.
func (f *frame) detail(code int) string {
	switch code {
	case http.StatusNotFound:
		return "There is no such path; " + f.Document + " lists all of them."
	case http.StatusMethodNotAllowed:
		return "The path has other methods; the Allow header lists them."
	case http.StatusForbidden:
		return "A browser sent this for another site; use the api's own page, or a client that is no browser."
	}
	return ""
}
