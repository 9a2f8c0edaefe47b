package fault

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Path is where a master serves Handler.
const Path = "/mesosim/faults"

// maxRule bounds a rule as JSON, in bytes.
const maxRule = 16 << 10

// Mount puts the faults around a master's endpoints, as Wrap does, and serves
// Handler, which no fault strikes.
func (s *Switches) Mount(next http.Handler) http.Handler {
	wrapped, own := s.Wrap(next), s.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == Path || strings.HasPrefix(r.URL.Path, Path+"/") {
			own.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
}

// Handler serves the rules at Path and below.
func (s *Switches) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.Trim(strings.TrimPrefix(r.URL.Path, Path), "/")
		switch {
		case r.Method == http.MethodGet && id == "":
			answer(w, http.StatusOK, map[string]any{"faults": s.Rules()})
		case r.Method == http.MethodPost && id == "":
			s.post(w, r)
		case r.Method == http.MethodDelete && id == "":
			s.Clear()
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodDelete && s.Remove(id):
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodDelete:
			fail(w, http.StatusNotFound, "no fault has the id "+id)
		default:
			w.Header().Set("Allow", "GET, POST, DELETE")
			fail(w, http.StatusMethodNotAllowed, "use GET, POST or DELETE")
		}
	})
}

func (s *Switches) post(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRule))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	rule, err := Decode(text)
	if err == nil {
		rule, err = s.Add(rule)
	}
	switch {
	case err == nil:
		answer(w, http.StatusOK, rule)
	case errors.Is(err, ErrNoAgents):
		fail(w, http.StatusNotImplemented, err.Error())
	default:
		fail(w, http.StatusBadRequest, err.Error())
	}
}

func fail(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"error": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // A reader that has gone needs no answer.
}
