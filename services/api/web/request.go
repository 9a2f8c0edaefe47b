package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/visible"
)

// WordMax bounds what users say about themselves, and what of their words is
// repeated to them, in bytes.
const WordMax = 128

// Author is who asked for a write.
type Author = commander.Author

// Request is what is known of a request beside Echo's own.
type Request struct {
	// ID is the client's if it gave one.
	ID     string
	Author Author
	// Principal is who asks; its zero value is somebody of whom nothing is known.
	Principal access.Principal
	// Job is the id of the job it is about, empty for none.
	Job string
	// Sequence is the one that the answer is of.
	Sequence uint64

	// grants are what who asks may do, looks the rights that a job needs to be told of, and
	// asked what was asked of them last.
	grants access.Grants
	looks  []access.Right
	asked  asked
	// access and now are those of the frame; standing is what access said last, and about
	// and aboutJob what the route takes its right on.
	access   Access
	now      func() time.Time
	standing Standing
	about    About
	aboutJob string
	// problem is what an error is answered with.
	problem func(error) Problem
	// noJob is that of Options.
	noJob error

	err error
	// reason is what was answered to it, hid whether it says that there is no job where
	// there may be one.
	reason string
	hid    bool
	// cut reports whether the answer broke off.
	cut bool
	// trial reports whether it is to change nothing.
	trial bool
	// submits reports whether the body is a job.
	submits bool
	// decoding is that of doors.
	decoding chan struct{}
}

const requestKey = "taurus.request"

// RequestOf never returns nil, so that also a request that met no middleware has one.
func RequestOf(c echo.Context) *Request {
	if r, ok := c.Get(requestKey).(*Request); ok {
		return r
	}
	r := &Request{}
	c.Set(requestKey, r)
	return r
}

// SetTrial says that a request is to change nothing. Handlers say so that hold to it: what
// the request asks for means nothing where nobody looks.
func SetTrial(c echo.Context) { RequestOf(c).trial = true }

// newRequest takes the client's request id if it is a harmless one.
func (f *frame) newRequest(c echo.Context) (*Request, error) {
	header := c.Request().Header
	r := &Request{ID: header.Get(echo.HeaderXRequestID), Author: Author{Actor: Cleaned(c.RealIP(), WordMax)}, decoding: f.doors.decoding, noJob: f.NoJob, now: f.Now}
	r.problem = func(err error) Problem { return f.problem(err, c) }
	if !f.patterns.id.MatchString(r.ID) {
		raw := make([]byte, 8)
		if _, err := rand.Read(raw); err != nil {
			return nil, fmt.Errorf("make a request id: %w", err)
		}
		r.ID = hex.EncodeToString(raw)
	}
	if trace := header.Get("Traceparent"); f.patterns.trace.MatchString(trace) {
		r.Author.Trace = trace
	}
	c.Set(requestKey, r)
	return r, nil
}

// patterns are what headers must look like to be passed on.
type patterns struct {
	id, trace *regexp.Regexp
}

func newPatterns() patterns {
	return patterns{
		id: regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`),
		// W3C Trace Context, version 00.
		trace: regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`),
	}
}

// actorHeader is for whom it is asked, if it is for somebody else.
const actorHeader = "X-Taurus-Actor"

// signed refuses a name that reads as that of somebody else: what readers of the log do not
// see is not left out of it, since what is left may be a name, too. Control characters are
// (Request.represents), as no name has them.
func signed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		name := strings.Map(func(r rune) rune {
			if visible.KindOf(r) == visible.Control {
				return -1
			}
			return r
		}, c.Request().Header.Get(actorHeader))
		if fault := visible.NameFault(name); fault != "" {
			return BadParam(actorHeader, "%s", fault)
		}
		return next(c)
	}
}

// Cleaned makes a text fit for a header of the log, or prose for people: nothing that is
// not seen as it is, no blanks around it, valid UTF-8, and at most limit bytes.
func Cleaned(text string, limit int) string {
	text = visible.Cleaned(strings.ToValidUTF8(text, ""))
	text = strings.ReplaceAll(text, string(utf8.RuneError), "")
	for len(text) > limit {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return strings.TrimSpace(text)
}
