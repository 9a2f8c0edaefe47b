package basicauth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/basicauth"
)

func TestRealm(t *testing.T) {
	t.Parallel()
	closed := basicauth.Realm{Name: "r", Credentials: map[string]string{"alice": "secret", "empty": ""}}
	for _, c := range []struct {
		realm        basicauth.Realm
		user, secret string
		status       int
	}{
		{basicauth.Realm{Name: "r"}, "", "", http.StatusOK},
		{closed, "", "", http.StatusUnauthorized},
		{closed, "alice", "", http.StatusUnauthorized},
		{closed, "alice", "secret2", http.StatusUnauthorized},
		{closed, "bob", "secret", http.StatusUnauthorized},
		{closed, "alice", "secret", http.StatusOK},
		{closed, "empty", "", http.StatusOK},
		{basicauth.Realm{Name: "r", Credentials: map[string]string{}}, "", "", http.StatusUnauthorized},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		if c.user != "" {
			req.SetBasicAuth(c.user, c.secret)
		}
		w := httptest.NewRecorder()
		c.realm.Guard(func(http.ResponseWriter, *http.Request) {})(w, req)
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
		if c.status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") != `Basic realm="r"` {
			t.Errorf("WWW-Authenticate %q", w.Header().Get("WWW-Authenticate"))
		}
	}
}
