package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// request is what the service knows of a request beside Echo's own.
type request struct {
	id       string
	author   author
	job      string
	sequence uint64
	err      error
}

const requestKey = "taurus.request"

// requestOf never returns nil, so that also a request that met no middleware has one.
func requestOf(c echo.Context) *request {
	if r, ok := c.Get(requestKey).(*request); ok {
		return r
	}
	r := &request{}
	c.Set(requestKey, r)
	return r
}

// newRequest takes the client's request id if it is a harmless one.
func (s *Service) newRequest(c echo.Context) (*request, error) {
	header := c.Request().Header
	r := &request{id: header.Get(echo.HeaderXRequestID), author: authorOf(c)}
	if !s.patterns.id.MatchString(r.id) {
		raw := make([]byte, 8)
		if _, err := rand.Read(raw); err != nil {
			return nil, fmt.Errorf("make a request id: %w", err)
		}
		r.id = hex.EncodeToString(raw)
	}
	if trace := header.Get("Traceparent"); s.patterns.trace.MatchString(trace) {
		r.author.trace = trace
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
func authorOf(c echo.Context) author {
	user, _, ok := c.Request().BasicAuth()
	if !ok || cleaned(user, actorMax) == "" {
		user = c.Request().Header.Get("X-Taurus-Actor")
	}
	if user = cleaned(user, actorMax); user == "" {
		user = cleaned(c.RealIP(), actorMax)
	}
	return author{actor: user}
}

// cleaned makes a text fit for a header of the log: no control characters, no
// blanks around it, valid UTF-8, and at most limit bytes.
func cleaned(text string, limit int) string {
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

// jobID is the id in the path. Echo routes by the escaped path where the plain
// one would mean something else, and leaves its parts escaped then.
func jobID(c echo.Context, param string) (string, error) {
	id := c.Param(param)
	if c.Request().URL.RawPath != "" {
		plain, err := url.PathUnescape(id)
		if err != nil {
			return "", badParam(param, "is not a valid percent-encoding")
		}
		id = plain
	}
	requestOf(c).job = id
	return id, nil
}

// body reads the whole body, bounded; the error may be *http.MaxBytesError.
func (s *Service) body(c echo.Context) ([]byte, error) {
	r := c.Request()
	data, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, s.opts.BodyMax))
	if err != nil {
		if large := new(http.MaxBytesError); asError(err, &large) {
			return nil, err
		}
		return nil, badParam("body", "could not be read to its end; send it again")
	}
	return data, nil
}

// words are the values of a query parameter, joined by commas however they came.
func words(c echo.Context, name string) string { return strings.Join(c.QueryParams()[name], ",") }

// number reads a query parameter between least and most; absent is fallback.
func number(c echo.Context, name string, least, most, fallback uint64) (uint64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, badParam(name, "%q must be a whole number from %d to %d", cleaned(text, actorMax), least, most)
	}
	return n, nil
}
