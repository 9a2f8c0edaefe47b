package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/ready"
)

// Limits of the admin server.
const (
	adminHeaderTimeout = 5 * time.Second
	adminReadTimeout   = 10 * time.Second
	adminWriteTimeout  = 30 * time.Second
	adminIdleTimeout   = time.Minute
	adminStopTimeout   = 2 * time.Second
	adminHeaderMax     = 16 << 10
)

// NewRegistry has what every process tells of itself: Go's runtime, the
// process, and what it was built from.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return r
}

// Admin serves /healthz, /readyz and /metrics, to whoever reaches it. Where that is this
// machine alone it is asked for as localhost or by address: a page of somebody else's name
// that leads here is told nothing.
type Admin struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{}
}

// Told is what an admin server tells of its process. It is asked for every
// request, at any time.
type Told interface {
	// Alive returns why the process needs another start; nil if it does not.
	Alive() error
	// Report is all that is known of whether it can do its work.
	Report() ready.Report
}

// StartAdmin listens on address and serves until Stop.
func StartAdmin(ctx context.Context, address string, told Told, metrics prometheus.Gatherer, log zerolog.Logger) (*Admin, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for health and metrics: %w", err)
	}
	a := &Admin{
		listener: l,
		done:     make(chan struct{}),
		server: &http.Server{
			Handler:           guarded(adminHandler(told, metrics), Loopback(l.Addr().String())),
			ReadHeaderTimeout: adminHeaderTimeout,
			ReadTimeout:       adminReadTimeout,
			WriteTimeout:      adminWriteTimeout,
			IdleTimeout:       adminIdleTimeout,
			MaxHeaderBytes:    adminHeaderMax,
			ErrorLog:          stdlog.New(log.With().Str("server", "admin").Logger(), "", 0),
		},
	}
	go func() {
		defer close(a.done)
		if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("the admin server failed")
		}
	}()
	return a, nil
}

// Addr is where it listens.
func (a *Admin) Addr() string { return a.listener.Addr().String() }

// Stop lets requests under way end, for two seconds at most, and returns once
// nothing is served any more.
func (a *Admin) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), adminStopTimeout)
	defer cancel()
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop the admin server: %w", err), a.server.Close())
	}
	<-a.done
	return err
}

// guarded tells browsers to do nothing with an answer, and refuses other names than this
// machine's own if it is only for this machine.
func guarded(next http.Handler, own bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if own && !ownName(r.Host) {
			say(w, http.StatusMisdirectedRequest, "ask for this by its address, or as localhost\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownName reports whether a Host header has an address, or localhost.
func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	_, err := netip.ParseAddr(host)
	return err == nil || host == "" || strings.EqualFold(host, "localhost")
}

func adminHandler(told Told, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := told.Alive(); err != nil {
			say(w, http.StatusServiceUnavailable, "not alive: "+err.Error()+"\n")
			return
		}
		say(w, http.StatusOK, "alive\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answerReady(w, r, told.Report()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

// answerReady answers with one line per check, or in JSON to who prefers that.
func answerReady(w http.ResponseWriter, r *http.Request, report ready.Report) {
	status := http.StatusOK
	if !report.Able {
		status = http.StatusServiceUnavailable
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		say(w, status, report.Text())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(report) // A client that is gone has nobody to be told to.
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
