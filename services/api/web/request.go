package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
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
	// noJob is that of Options.
	noJob error

	err error
	// cut reports whether the answer broke off.
	cut bool
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

// newRequest takes the client's request id if it is a harmless one.
func (f *frame) newRequest(c echo.Context) (*Request, error) {
	header := c.Request().Header
	r := &Request{ID: header.Get(echo.HeaderXRequestID), Author: authorOf(c), decoding: f.doors.decoding, noJob: f.NoJob}
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

// authorOf names who asks: the user of basic auth, who they say they are, or
// where they are.
func authorOf(c echo.Context) Author {
	user, _, ok := c.Request().BasicAuth()
	if !ok || Cleaned(user, WordMax) == "" {
		user = c.Request().Header.Get("X-Taurus-Actor")
	}
	if user = Cleaned(user, WordMax); user == "" {
		user = Cleaned(c.RealIP(), WordMax)
	}
	return Author{Actor: user}
}

// Cleaned makes a text fit for a header of the log: no control characters, no
// blanks around it, valid UTF-8, and at most limit bytes.
func Cleaned(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	for len(text) > limit {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return strings.TrimSpace(text)
}
