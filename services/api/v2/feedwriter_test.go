package v2

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// deadlined is an answer that remembers until when it may be written.
type deadlined struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error {
	d.until = t
	return nil
}

// TestAFeedThatEndsStaysSo: a write that begins as the service stops must not get
// its time after all, or the stop would wait for it.
func TestAFeedThatEndsStaysSo(t *testing.T) {
	answer := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	w := &feedWriter{
		response: echo.NewResponse(answer, echo.New()), control: http.NewResponseController(answer), patience: time.Hour,
	}
	w.extend()
	if time.Until(answer.until) < time.Minute {
		t.Fatalf("a write has until %v, want an hour", answer.until)
	}
	w.end()
	w.extend()
	if left := time.Until(answer.until); left > 0 {
		t.Errorf("a write has %v left after the end", left)
	}
}
