package service

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/rs/zerolog"
)

// profileTimeout is the longest time that a profile may take to be made and sent.
const profileTimeout = 5 * time.Minute

// Profiles serves /debug/pprof: what the process does and what it holds in memory. It is a
// server of its own, since who may read metrics need not see that.
type Profiles struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{}
}

// StartProfiles listens on address and serves until Stop.
func StartProfiles(ctx context.Context, address string, log zerolog.Logger) (*Profiles, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for profiles: %w", err)
	}
	p := &Profiles{
		listener: l,
		done:     make(chan struct{}),
		server: &http.Server{
			Handler:           guarded(profiles(), Loopback(l.Addr().String())),
			ReadHeaderTimeout: adminHeaderTimeout,
			ReadTimeout:       adminReadTimeout,
			WriteTimeout:      profileTimeout,
			IdleTimeout:       adminIdleTimeout,
			MaxHeaderBytes:    adminHeaderMax,
			ErrorLog:          stdlog.New(log.With().Str("server", "pprof").Logger(), "", 0),
		},
	}
	go func() {
		defer close(p.done)
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("the server of profiles failed")
		}
	}()
	return p, nil
}

// Addr is where it listens.
func (p *Profiles) Addr() string { return p.listener.Addr().String() }

// Stop cuts what is under way, as nobody needs half a profile, and returns once nothing is
// served any more.
func (p *Profiles) Stop() error {
	err := p.server.Close()
	<-p.done
	if err != nil {
		return fmt.Errorf("stop the server of profiles: %w", err)
	}
	return nil
}

// profiles are those of Go's runtime. The command line is not among them: other flags may
// have secrets.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
