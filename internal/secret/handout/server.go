package handout

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/secret"
)

const (
	// Lifetime is how long an archive can be fetched.
	Lifetime = time.Minute
	// OffersMax is how many archives may wait to be fetched.
	OffersMax = 10_000
	// tokenBytes is how much chance is in a URL.
	tokenBytes = 32
)

// Server hands archives out. It is an http.Handler, to be served over TLS alone.
type Server struct {
	base string

	mu sync.Mutex
	// offered are by a hash of what names them, so that a look-up tells nothing by its time.
	offered map[[sha256.Size]byte]*offer
	closed  bool
}

type offer struct {
	archive secret.Value
	expiry  *time.Timer
}

// New returns a server that agents reach by a URL such as https://launcher-1:8084.
func New(base string) *Server {
	return &Server{base: strings.TrimSuffix(base, "/"), offered: map[[sha256.Size]byte]*offer{}}
}

// Offer takes an archive over and returns the URL that it can be fetched by, once; it is empty if too many wait, or the server was closed.
func (s *Server) Offer(archive secret.Value) string {
	token := make([]byte, tokenBytes)
	_, _ = rand.Read(token) // It never fails.
	name := hex.EncodeToString(token)
	key := sha256.Sum256([]byte(name))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.offered) >= OffersMax {
		archive.Wipe()
		return ""
	}
	s.offered[key] = &offer{archive: archive, expiry: time.AfterFunc(Lifetime, func() {
		if o := s.take(key); o != nil {
			o.archive.Wipe()
		}
	})}
	return s.base + "/" + name
}

// take takes an offer back, nil if there is none, or none any more.
func (s *Server) take(key [sha256.Size]byte) *offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.offered[key]
	delete(s.offered, key)
	return o
}

// Close wipes what was not fetched.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, o := range s.offered {
		o.expiry.Stop()
		o.archive.Wipe()
	}
	clear(s.offered)
}

// ServeHTTP hands an archive out. Whoever asks a second time, too late, or for anything else learns nothing but that.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	var o *offer
	if r.Method == http.MethodGet && r.TLS != nil {
		o = s.take(sha256.Sum256([]byte(strings.TrimPrefix(r.URL.Path, "/"))))
	}
	if o == nil {
		http.Error(w, "there is nothing to be fetched here, or not any more", http.StatusNotFound)
		return
	}
	o.expiry.Stop()
	defer o.archive.Wipe()
	h.Set("Content-Type", "application/x-tar")
	h.Set("Content-Length", strconv.Itoa(len(o.archive.Bytes())))
	_, _ = w.Write(o.archive.Bytes())
}

// Serve serves until ctx ends. Nothing of a request is logged, since its path is what names a secret.
func (s *Server) Serve(ctx context.Context, l Listener) error { return serve(ctx, s, l) }
