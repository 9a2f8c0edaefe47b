package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// JobID is the id in the path.
func JobID(c echo.Context, param string) (string, error) {
	id, err := PathWord(c, param)
	if err != nil {
		return "", err
	}
	RequestOf(c).Job = id
	return id, nil
}

// PathWord is a part of the path. Echo routes by the escaped path where the plain
// one would mean something else, and leaves its parts escaped then.
func PathWord(c echo.Context, param string) (string, error) {
	word := c.Param(param)
	if c.Request().URL.RawPath == "" {
		return word, nil
	}
	plain, err := url.PathUnescape(word)
	if err != nil {
		return "", BadParam(param, "is not a valid percent-encoding")
	}
	return plain, nil
}

// Words are the values of a query parameter, joined by commas however they came.
func Words(c echo.Context, name string) string { return strings.Join(c.QueryParams()[name], ",") }

// Number reads a query parameter between least and most; absent is fallback.
func Number(c echo.Context, name string, least, most, fallback uint64) (uint64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, BadParam(name, "%q must be a whole number from %d to %d", Cleaned(text, WordMax), least, most)
	}
	return n, nil
}
