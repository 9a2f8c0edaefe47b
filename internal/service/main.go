package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs a command with the process's arguments until it ends or SIGINT or
// SIGTERM asks it to, and returns the exit status. A second signal ends the
// process at once.
func Main(cmd *cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on the next one has its default effect again.
	context.AfterFunc(ctx, stop)
	return Execute(ctx, cmd)
}

// Execute runs a command, or the one below it that the arguments name, and
// returns the exit status.
func Execute(ctx context.Context, cmd *cobra.Command) int {
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	ran, err := cmd.ExecuteContextC(ctx)
	return Report(ran, err)
}

// Report writes to the command's stderr how it failed, unless the log has told
// of it, and returns the exit status.
func Report(cmd *cobra.Command, err error) int {
	var logged loggedError
	if err != nil && !errors.As(err, &logged) {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", cmd.CommandPath(), err)
		if errors.Is(err, ErrUsage) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s --help lists all settings.\n", cmd.CommandPath())
		}
	}
	return ExitCode(err)
}
