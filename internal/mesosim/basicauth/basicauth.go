package basicauth

import (
	"crypto/subtle"
	"net/http"
)

// Realm is a part of an API that asks for credentials.
type Realm struct {
	// Name is what the client is told.
	Name string
	// Credentials are secrets by principal. Nil lets everybody in.
	Credentials map[string]string
}

// Check returns the principal of a request, which is empty when the realm lets
// everybody in. It answers itself when the request is not let in.
func (r Realm) Check(w http.ResponseWriter, req *http.Request) (principal string, ok bool) {
	if r.Credentials == nil {
		return "", true
	}
	user, secret, given := req.BasicAuth()
	want, known := r.Credentials[user]
	if given && known && subtle.ConstantTimeCompare([]byte(secret), []byte(want)) == 1 {
		return user, true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="`+r.Name+`"`)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte("401 Unauthorized."))
	return "", false
}

// Guard lets only requests through that the realm lets in.
func (r Realm) Guard(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if _, ok := r.Check(w, req); ok {
			h(w, req)
		}
	}
}
