package cli

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// logPatience is how long NATS is waited for.
const logPatience = time.Minute

// log is for the operators of the log itself.
func (a *App) log() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Look after the log",
		Long: "Look after the log, in NATS itself and not by way of the API. Each command takes the\n" +
			"settings of NATS that the services take, from the same environment; --data takes the\n" +
			"NATS, the admin's key and the marks of a dev or demo, also of one that does not run.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.logCreate(), a.logResize(), a.logCheck(), a.logVerify(), a.logExport(), a.logRestore(), a.logAcceptLoss())
	return cmd
}

// withNATS gives a command the settings of NATS, and runs it once they are read.
func (a *App) withNATS(cmd *cobra.Command, run func(ctx context.Context, n *wiring.NATS) error) *cobra.Command {
	settings := a.natsCommand(cmd, natsauth.Admin)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(cmd.Context(), logPatience)
		defer cancel()
		n, err := settings.load(ctx)
		if err != nil {
			return err
		}
		return run(ctx, n)
	}
	return cmd
}

// ledger opens the log, and hands it to a command, which may take its time.
func (a *App) ledger(ctx context.Context, n *wiring.NATS, run func(eventlog.Log) error) (err error) {
	opening, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	log, err := n.Ledger(opening, natsName, a.natsLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return run(log)
}

// natsName is what NATS' own tools call a command.
const natsName = "taurus log"

// natsLog tells of what is waited for.
func (a *App) natsLog() zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{Out: a.Err, NoColor: true, PartsExclude: []string{zerolog.TimestampFieldName}}).
		Level(zerolog.WarnLevel)
}

// lost adds the way to begin anew to an error that says that there is no log.
func lost(err error, anew string) error {
	if lost, ok := errors.AsType[*wiring.LostLogError](err); ok {
		return &lostError{LostLogError: lost, anew: anew}
	}
	return err
}

// lostError is a log that is gone, and how to do without it.
type lostError struct {
	*wiring.LostLogError
	anew string
}

// Error says both.
func (e *lostError) Error() string { return e.LostLogError.Error() + "; " + e.anew }

// Unwrap is what is gone.
func (e *lostError) Unwrap() error { return e.LostLogError }
