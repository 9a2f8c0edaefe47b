package fault_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/fault"
)

func ask(t *testing.T, s *fault.Switches, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return w
}

func rules(t *testing.T, s *fault.Switches) []fault.Rule {
	t.Helper()
	var list struct {
		Faults []fault.Rule `json:"faults"`
	}
	if err := json.Unmarshal(ask(t, s, http.MethodGet, fault.Path, "").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	return list.Faults
}

func TestAPI(t *testing.T) {
	s := fault.New(1, nil)
	for _, step := range []struct {
		method, path, body string
		status, left       int
	}{
		{http.MethodGet, fault.Path, "", http.StatusOK, 0},
		{http.MethodPost, fault.Path, `{"call":"KILL","action":"lose_before"}`, http.StatusOK, 1},
		{http.MethodPost, fault.Path + "/", `{"agent":"a","action":"partition"}`, http.StatusOK, 2},
		{http.MethodPost, fault.Path, `{"call":"KILL"}`, http.StatusBadRequest, 2},
		{http.MethodPost, fault.Path, `{"agent":"a","action":"kill"}`, http.StatusNotImplemented, 2},
		{http.MethodPost, fault.Path, `{"call":"` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge, 2},
		{http.MethodPut, fault.Path, "", http.StatusMethodNotAllowed, 2},
		{http.MethodDelete, fault.Path + "/7", "", http.StatusNotFound, 2},
		{http.MethodDelete, fault.Path + "/1", "", http.StatusNoContent, 1},
		{http.MethodDelete, fault.Path, "", http.StatusNoContent, 0},
	} {
		if w := ask(t, s, step.method, step.path, step.body); w.Code != step.status {
			t.Errorf("%s %s: %d %s, want %d", step.method, step.path, w.Code, w.Body, step.status)
		}
		if n := len(rules(t, s)); n != step.left {
			t.Errorf("after %s %s there are %d rules, want %d", step.method, step.path, n, step.left)
		}
	}
}

// The number of rules is bounded.
func TestRuleLimit(t *testing.T) {
	s := fault.New(1, nil)
	rule := fault.Rule{Call: "KILL", Action: fault.LoseBefore}
	for range fault.MaxRules {
		if _, err := s.Add(rule); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Add(rule); !errors.Is(err, fault.ErrRuleLimit) {
		t.Errorf("one more than the limit: %v", err)
	}
}

// agents records what is asked of it.
type agents []string

func (a *agents) Kill(p string) error  { *a = append(*a, "kill "+p); return nil }
func (a *agents) Start(p string) error { *a = append(*a, "start "+p); return nil }

func TestAgents(t *testing.T) {
	var a agents
	s := fault.New(1, &a)
	for _, action := range []fault.Action{fault.Kill, fault.Start} {
		if _, err := s.Add(fault.Rule{Agent: "host-*", Action: action}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"kill host-*", "start host-*"}; !slices.Equal(a, want) || len(s.Rules()) != 0 {
		t.Errorf("did %v and left %v, want %v and nothing", a, s.Rules(), want)
	}
}
