package vault_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const (
	token     = "s.the-token-of-the-test"
	namespace = "team/a"
	mount     = "kv"
)

// stub answers reads as the API of Vault's key-value store, version 2, does.
type stub struct {
	mu     sync.Mutex
	kept   map[string][]string // the versions of a secret's value; an empty one was deleted
	keys   map[string]map[string]any
	denied map[string]bool
	status int    // what it answers everything with, 0 for what is asked
	body   string // with it
	hang   chan struct{}
	seen   []string
	tokens []string
}

func newStub(t *testing.T) (*stub, *httptest.Server) {
	t.Helper()
	s := &stub{kept: map[string][]string{}, keys: map[string]map[string]any{}, denied: map[string]bool{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

func (s *stub) put(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = append(s.kept[name], value)
}

// ServeHTTP implements http.Handler.
func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.tokens = append(s.seen, r.URL.Path), append(s.tokens, r.Header.Get("X-Vault-Token"))
	w.Header().Set("Content-Type", "application/json")
	if s.status != 0 {
		w.WriteHeader(s.status)
		_, _ = w.Write([]byte(s.body))
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/v1/"+mount+"/data/")
	switch {
	case r.Header.Get("X-Vault-Token") != token || s.denied[name]:
		fail(w, http.StatusForbidden, `"1 error occurred:\n\t* permission denied\n\n"`)
	case r.Header.Get("X-Vault-Namespace") != namespace+"/" && r.Header.Get("X-Vault-Namespace") != namespace:
		fail(w, http.StatusNotFound, `"no handler for route \"kv/data/`+name+`\". route entry not found."`)
	case !ok || r.Method != http.MethodGet || len(s.kept[name]) == 0 && s.keys[name] == nil:
		fail(w, http.StatusNotFound, "")
	default:
		s.answer(w, name)
	}
}

func fail(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[%s]}`, text)
}

func (s *stub) answer(w http.ResponseWriter, name string) {
	version := max(len(s.kept[name]), 1)
	data, deleted := s.keys[name], ""
	if data == nil {
		data = map[string]any{"value": s.kept[name][version-1]}
		if s.kept[name][version-1] == "" {
			data, deleted = nil, "2026-11-30T00:00:00.000000000Z"
			w.WriteHeader(http.StatusNotFound)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"request_id": "4a1f8a0c-0000-0000-0000-000000000000", "lease_id": "", "renewable": false, "lease_duration": 0,
		"data": map[string]any{"data": data, "metadata": map[string]any{
			"created_time": "2026-11-29T00:00:00.000000000Z", "custom_metadata": nil, "deletion_time": deleted, "destroyed": false, "version": version,
		}},
		"wrap_info": nil, "warnings": nil, "auth": nil,
	})
}
