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
			port := a.Getenv("PORT")
			if port == "" {
				port = "80"
			}
			var lc net.ListenConfig
			l, err := lc.Listen(cmd.Context(), "tcp", ":"+port)
			if err != nil {
				return fmt.Errorf("web: %w", err)
			}
			say(a.Out, "listening on %s", l.Addr())
			return serveUntil(cmd.Context(), l, a.page())
		},
	}
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
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	const patience = 10 * time.Second
	server := &http.Server{Handler: h, ReadHeaderTimeout: patience}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}
