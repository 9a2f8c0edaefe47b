package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/service"
)

// serve runs one part.
func (a *App) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve ROLE",
		Short: "Run one part of taurus",
		Long: "Run one part of taurus as a process of its own, as `taurus demo` and `taurus dev` do\n" +
			"with all of them. A part exits with the statuses that its --help lists.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, role := range a.Serve {
		role.Use = strings.TrimPrefix(role.Name(), "taurus-")
		cmd.AddCommand(role)
	}
	return cmd
}

// health asks a part how it is.
func (a *App) health() *cobra.Command {
	return &cobra.Command{
		Use:     "health URL",
		Short:   "Ask a part how it is: exit 0 for 200, otherwise 1",
		Long:    "Ask a part how it is, as a container of the image FROM scratch does for itself:\nexit 0 if it answers 200, otherwise 1. Without a path /healthz is asked.",
		Example: "  taurus health 127.0.0.1:8081\n  taurus health http://127.0.0.1:8081/readyz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := service.Health(cmd.Context(), args[0]); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return nil
		},
	}
}

// version says what this is.
func (a *App) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string `json:"version"`
			}{service.Version()}
			return a.show(v, func(w io.Writer) error {
				say(w, "taurus %s", v.Version)
				return nil
			})
		},
	}
}
