package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/loss"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// cliSource is how an operator signs what is appended to the log about it.
const cliSource = "taurus/admin/log"

// logAcceptLoss writes into the log that a part of it is lost.
func (a *App) logAcceptLoss() *cobra.Command {
	var want loss.Acceptance
	var dirs []string
	var yes bool
	cmd := &cobra.Command{
		Use:   "accept-loss --from SEQ --to SEQ --reason TEXT",
		Short: "Accept that a part of the log is lost, so that services go on without it",
		Long: "Accept that a part of the log is lost: who, when and why is written into the log, and\n" +
			"services go on without it. What Mesos runs of it is found and kept, as `taurus job --state\n" +
			"ahead` tells, until users decide about it; nothing is launched before it is found.\n" +
			"Only what is missing or damaged can be accepted; `taurus log check` says what that is.\n" +
			"Where the end is lost, its sequences are skipped. It cannot be taken back.",
		Example: "  taurus log accept-loss --from 46 --to 80 --reason 'the disk of nats-1 broke'",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	settings := a.natsCommand(cmd, natsauth.Admin)
	f := cmd.Flags()
	f.Uint64Var(&want.From, "from", 0, "the first `sequence` that is lost")
	f.Uint64Var(&want.To, "to", 0, "the last `sequence` that is lost")
	f.StringVar(&want.Reason, "reason", "", "why, in a `sentence` that is kept in the log")
	f.StringArrayVar(&dirs, "state-dir", nil, "state `directory` of a service whose mark tells what is lost; may be given again")
	f.BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		want.Actor, want.Source = a.user(), cliSource
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error {
			examiner := examine.New(n.Space())
			readMarks(examiner, settings.marks(dirs))
			return a.acceptLoss(cmd.Context(), log, want, examiner, yes)
		})
	}
	return cmd
}

func (a *App) acceptLoss(ctx context.Context, log eventlog.Log, want loss.Acceptance, examiner *examine.Examiner, yes bool) error {
	last, err := examineLog(ctx, log, examiner)
	if err != nil {
		return err
	}
	report := examiner.Report()
	switch err := want.Check(report, last); {
	case errors.Is(err, loss.ErrRange), errors.Is(err, loss.ErrReason), errors.Is(err, loss.ErrFar),
		errors.Is(err, loss.ErrApart), errors.Is(err, loss.ErrUnfit):
		return usagef("%v", err)
	case err != nil:
		return err
	}
	if !yes {
		if err := a.confirm(fmt.Sprintf("Records %s are given up for ever, as lost: %q. The log holds %d..%d.",
			want.Range, want.Reason, report.First, report.Last)); err != nil {
			return err
		}
	}
	done, err := loss.Accept(ctx, log, want, report, a.Now)
	if err != nil {
		return fmt.Errorf("%w; give the command again, it goes on where it stopped", err)
	}
	return a.show(done, func(w io.Writer) error {
		a.writeAccepted(w, want, done, report)
		return nil
	})
}

// writeAccepted says what follows.
func (a *App) writeAccepted(w io.Writer, want loss.Acceptance, done loss.Done, before examine.Report) {
	if done.Before {
		say(w, "the loss of %s was accepted before, at sequence %d", want.Range, done.Sequence)
		return
	}
	say(w, "the loss of %s is accepted at sequence %d", want.Range, done.Sequence)
	for _, p := range before.Problems {
		if within := want.From <= p.From && p.To <= want.To; p.Lost() && !within && p.Code != examine.CodeBroken {
			say(w, "still to be accepted, or mended: %s", p.Message)
		}
	}
	say(w, "Start the services that have stopped. The launcher lists what Mesos runs before it launches\n"+
		"anything, and keeps what the log has lost: `taurus job --state ahead`. Stop those jobs,\n"+
		"and submit them again, once you know what they should be.")
}

// errNotConfirmed says that nothing was done.
var errNotConfirmed = errors.New("not confirmed; nothing was done (--yes does not ask)")

// confirm asks the user, who must answer yes.
func (a *App) confirm(what string) error {
	say(a.Err, "%s\nGo on? Type yes:", what)
	answer, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(answer) != "yes" {
		return errNotConfirmed
	}
	return nil
}

// user is who gives a command, as far as that is known.
func (a *App) user() string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if text := a.Getenv(name); text != "" {
			return text
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
