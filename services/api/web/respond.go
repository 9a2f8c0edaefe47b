package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

const (
	// JSONType is the content type of JSON.
	JSONType = "application/json"

	// AnswerBuffer is how much of an answer is held for who is slow to take it, in bytes.
	AnswerBuffer = 32 << 10
	// AnswerPatience is how long a client may take for that much; then it is cut off.
	AnswerPatience = 30 * time.Second
	// AnswerMax is how long a client may take for the whole answer.
	AnswerMax = 5 * time.Minute

	sequenceHeader = "X-Taurus-Sequence"
)

// WriteJSON encodes as the client takes it, so that an answer costs a buffer however
// large it is. What cannot be encoded is an error while nothing was sent; after that
// the connection is cut, as half an answer is none.
func WriteJSON(c echo.Context, status int, contentType string, v any) error {
	out := &answer{c: c, status: status, contentType: contentType, until: time.Now().Add(AnswerMax)}
	err := json.MarshalWrite(out, v, json.Deterministic(true))
	if err == nil {
		out.held = append(out.held, '\n')
		err = out.flush()
	}
	if err != nil {
		RequestOf(c).cut = c.Response().Committed
		return fmt.Errorf("encode the answer: %w", err)
	}
	return nil
}

// answer is a body on its way.
type answer struct {
	c           echo.Context
	status      int
	contentType string
	// until is when all of it must be taken.
	until time.Time
	held  []byte
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	for rest := p; ; {
		n := min(len(rest), AnswerBuffer-len(a.held))
		a.held, rest = append(a.held, rest[:n]...), rest[n:]
		if len(rest) == 0 {
			return len(p), nil
		}
		if err := a.flush(); err != nil {
			return 0, err
		}
	}
}

// flush sends what is held, and the header before it. Where the connection has no
// deadlines, that is no reason not to answer.
func (a *answer) flush() error {
	deadline := time.Now().Add(AnswerPatience)
	if deadline.After(a.until) {
		deadline = a.until
	}
	_ = http.NewResponseController(a.c.Response()).SetWriteDeadline(deadline)
	if !a.c.Response().Committed {
		a.c.Response().Header().Set(echo.HeaderContentType, a.contentType)
		a.c.Response().WriteHeader(a.status)
	}
	_, err := a.c.Response().Write(a.held)
	a.held = a.held[:0]
	return err
}

// SetSequence tells in the answer, and in the request's line in the log, which
// sequence the answer is of.
func SetSequence(c echo.Context, sequence uint64) {
	RequestOf(c).Sequence = sequence
	c.Response().Header().Set(sequenceHeader, strconv.FormatUint(sequence, 10))
}
