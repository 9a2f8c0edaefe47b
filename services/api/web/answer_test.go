package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/web"
)

// long is a list that is made as it is taken; after fails entries it cannot be.
type long struct {
	entries, fails int
	made           int
}

var errMade = errors.New("cannot be made")

// MarshalJSONTo implements json.MarshalerTo.
func (l *long) MarshalJSONTo(out *jsontext.Encoder) error {
	if err := out.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for range l.entries {
		if l.made++; l.made == l.fails {
			return errMade
		}
		if err := out.WriteToken(jsontext.String(strings.Repeat("x", 1021))); err != nil {
			return err
		}
	}
	return out.WriteToken(jsontext.EndArray)
}

// taker is a client that takes each piece of an answer in its time.
type taker struct {
	*httptest.ResponseRecorder
	each    time.Duration
	pieces  []int
	until   time.Time
	written func()
}

func (k *taker) SetWriteDeadline(t time.Time) error {
	k.until = t
	return nil
}

func (k *taker) Write(p []byte) (int, error) {
	k.pieces = append(k.pieces, len(p))
	time.Sleep(k.each)
	if time.Now().After(k.until) {
		return 0, errors.New("timeout")
	}
	if k.written != nil {
		k.written()
	}
	return k.ResponseRecorder.Write(p)
}

// answering serves v, and reports whether the answer was cut off.
func answering(t *testing.T, v any, w http.ResponseWriter) (cut bool) {
	t.Helper()
	h, err := handler(named("all", web.Dialect{Roots: []string{"/"}, Routes: []web.Route{{
		Method: "GET", Path: "/", Open: true, Handle: func(c echo.Context) error { return web.WriteJSON(c, http.StatusOK, web.JSONType, v) },
	}}}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		why := recover()
		if cut = why != nil; cut && why != http.ErrAbortHandler { //nolint:errorlint // It is that very value.
			t.Fatalf("panic: %v", why)
		}
	}()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	return false
}

// TestAnswersAreMadeAsTheyAreTaken: however long one is, a buffer of it is held.
func TestAnswersAreMadeAsTheyAreTaken(t *testing.T) {
	t.Parallel()
	v, w := &long{entries: 1000}, &taker{ResponseRecorder: httptest.NewRecorder()}
	w.written = func() {
		if ahead := v.made<<10 - w.Body.Len(); ahead > 2*web.AnswerBuffer+8<<10 {
			t.Fatalf("%d bytes are made ahead of the client", ahead)
		}
	}
	if answering(t, v, w) || w.Code != http.StatusOK || w.Body.Len() != 1000<<10+2 || w.Header().Get("Content-Type") != web.JSONType {
		t.Fatalf("status %d, %d bytes, type %s", w.Code, w.Body.Len(), w.Header().Get("Content-Type"))
	}
	for _, n := range w.pieces {
		if n > web.AnswerBuffer {
			t.Errorf("a piece of %d bytes", n)
		}
	}
}

// TestAnswersThatBreakOff: before anything is sent that is an error, and after it the
// connection is cut.
func TestAnswersThatBreakOff(t *testing.T) {
	t.Parallel()
	early := httptest.NewRecorder()
	if answering(t, &long{entries: 20, fails: 10}, early) || early.Code != http.StatusInternalServerError || early.Body.String() != "all" {
		t.Errorf("status %d, %.40s; want an error", early.Code, early.Body)
	}
	late := httptest.NewRecorder()
	if !answering(t, &long{entries: 200, fails: 100}, late) || late.Code != http.StatusOK {
		t.Errorf("half an answer looks like a whole one: status %d", late.Code)
	}
}

// TestSlowTakersOfAnswersAreCutOff, who let one piece wait too long, and who take all
// too slowly.
func TestSlowTakersOfAnswersAreCutOff(t *testing.T) {
	for name, row := range map[string]struct {
		entries int
		each    time.Duration
		cut     bool
	}{
		"in time":         {300, web.AnswerPatience - time.Second, false},
		"a piece is late": {300, web.AnswerPatience + time.Second, true},
		"all is late":     {400, web.AnswerPatience - time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &taker{ResponseRecorder: httptest.NewRecorder(), each: row.each}
			if cut := answering(t, &long{entries: row.entries}, w); cut != row.cut {
				t.Errorf("%s: cut off %v after %d pieces", name, cut, len(w.pieces))
			}
		})
	}
}
