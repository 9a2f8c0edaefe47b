package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// web is what runs in the demo's own image where none can be pulled: a web
// server of one page.
func (a *App) web() *cobra.Command {
	return &cobra.Command{
		Use:    "web",
		Short:  "Serve a page that says which task it is of",
		Hidden: true,
		Args:   cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			listeners, err := a.listenWeb(cmd.Context())
			if err != nil {
				return err
			}
			return serveUntil(cmd.Context(), listeners, a.page())
		},
	}
}

// listenWeb listens where a web server is looked for: at port 80, which a bridge
// network maps to, and at $PORT, which a task in the host's network has to itself.
// One of them is enough.
func (a *App) listenWeb(ctx context.Context) ([]net.Listener, error) {
	ports := []string{"80"}
	if port := a.Getenv("PORT"); port != "" && port != "80" {
		ports = append(ports, port)
	}
	var listeners []net.Listener
	var failed error
	for _, port := range ports {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", ":"+port)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("web: %w", err))
			continue
		}
		say(a.Out, "listening on %s", l.Addr())
		listeners = append(listeners, l)
	}
	if len(listeners) == 0 {
		return nil, failed
	}
	return listeners, nil
}

// page says which task it is of.
func (a *App) page() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, "ok") })
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		say(a.Out, "%s %s", r.Method, r.URL.Path)
		say(w, "Hello from taurus: task %s, slot %s.", a.Getenv("MESOS_TASK_ID"), a.Getenv("TAURUS_SLOT"))
	})
	return mux
}

// serveUntil serves until the context ends, and then ends at once.
func serveUntil(ctx context.Context, listeners []net.Listener, h http.Handler) error {
	const patience = 10 * time.Second
	server := &http.Server{Handler: h, ReadHeaderTimeout: patience}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { ended <- server.Serve(l) }()
	}
	var failed error
	for range listeners {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			failed = errors.Join(failed, fmt.Errorf("web: %w", err), server.Close())
		}
	}
	return failed
}
