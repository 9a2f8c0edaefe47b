package web

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

const (
	// JSONType is the content type of JSON.
	JSONType = "application/json"

	sequenceHeader = "X-Taurus-Sequence"
)

// WriteJSON encodes first, so that what cannot be encoded is an error rather
// than half an answer.
func WriteJSON(c echo.Context, status int, contentType string, v any) error {
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return c.Blob(status, contentType, append(data, '\n'))
}

// SetSequence tells in the answer, and in the request's line in the log, which
// sequence the answer is of.
func SetSequence(c echo.Context, sequence uint64) {
	RequestOf(c).Sequence = sequence
	c.Response().Header().Set(sequenceHeader, strconv.FormatUint(sequence, 10))
}
