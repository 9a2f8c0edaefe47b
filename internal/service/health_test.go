package service_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/service"
)

func TestHealth(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			http.Error(w, "not ready: no master", http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path != "/healthz" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for _, target := range []string{server.URL, server.URL + "/", host, host + "/healthz"} {
		if err := service.Health(t.Context(), target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	err := service.Health(t.Context(), host+"/readyz")
	if !errors.Is(err, service.ErrUnhealthy) || !strings.Contains(err.Error(), "no master") {
		t.Errorf("unready: %v, want ErrUnhealthy and why", err)
	}
	if service.ExitCode(err) != service.ExitFault {
		t.Errorf("exit status %d", service.ExitCode(err))
	}
	for _, target := range []string{"", "http://", "ftp://x", "http://a b"} {
		if err := service.Health(t.Context(), target); !errors.Is(err, service.ErrUsage) {
			t.Errorf("%q: %v, want ErrUsage", target, err)
		}
	}
	server.Close()
	if err := service.Health(t.Context(), server.URL); err == nil || errors.Is(err, service.ErrUnhealthy) {
		t.Errorf("nobody there: %v", err)
	}
}
