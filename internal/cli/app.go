package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/service"
)

// App is the command line and all it touches of the world.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	// Terminal and ErrTerminal report whether Out and Err are one.
	Terminal, ErrTerminal bool
	// AskPatience bounds what is asked of the API by the way: ids for a shell, why
	// a job does not do as it should.
	AskPatience time.Duration
	// Serve are the roles of `taurus serve`.
	Serve []*cobra.Command
	// Executable is this program, which demo and dev start again.
	Executable string
	// ReadSecret reads a line that nobody sees; nil where there is no terminal to read from.
	ReadSecret func() (string, error)

	flags struct {
		api, output, as, tokenFile string
		// ca are authorities of the API; clientCert and clientKey are what to sign in with.
		ca, clientCert, clientKey string
	}
	// data is the data directory of a dev or demo that a command names; empty for none.
	data string
	// base is where the API is, once a command has asked.
	base source
	// atEnd is what a command has started, and is ended with it.
	atEnd []func() error
}

// NewApp returns the command line of this process.
func NewApp(serve ...*cobra.Command) *App {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		Terminal: terminal(os.Stdout), ErrTerminal: terminal(os.Stderr),
		AskPatience: time.Second, // Nobody wants to wait.
		Serve:       serve,
		Executable:  exe,
		ReadSecret:  secretReader(os.Stdin),
	}
}

// terminal reports whether a file is a terminal that shows colours.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// Main runs the command line with arguments and returns the exit status. The
// first SIGINT, SIGTERM or SIGHUP ends what is under way in good order, the next
// one ends the program.
func (a *App) Main(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // As it is under nohup(1).
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return a.Run(ctx, args)
}

// Run runs the command line under a context and returns the exit status.
func (a *App) Run(ctx context.Context, args []string) int {
	root := a.Command()
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	cmd, err := root.ExecuteContextC(ctx)
	for _, end := range a.atEnd {
		err = errors.Join(err, end())
	}
	if err == nil {
		return ExitOK
	}
	if served(cmd) {
		return service.Report(cmd, err)
	}
	complain(a.Err, err, a.base)
	if errors.Is(err, ErrUsage) {
		say(a.Err, "  See `%s --help`.", cmd.CommandPath())
	}
	return ExitStatus(err)
}

// served reports whether a command is a role, or runs as one does, which words its errors as
// its own program does.
func served(cmd *cobra.Command) bool {
	if !cmd.HasParent() {
		return false
	}
	above := cmd.Parent().Name()
	return above == "serve" || above == "archive" && cmd.Name() == "run"
}

// Command is the whole command tree.
func (a *App) Command() *cobra.Command {
	root := &cobra.Command{
		Use:     "taurus",
		Short:   "Run containers on Apache Mesos",
		Version: service.Version(),
		Long: "taurus runs containers on Apache Mesos. Begin with `taurus demo`, which needs nothing else.\n\n" +
			"Exit statuses: 0 done, 1 failed, 2 wrong usage or a wrong job, 3 not found,\n" +
			"4 the state of the job stands against it, 5 the API, or NATS, cannot be reached,\n" +
			"6 something would change (plan --detailed-exitcode), 7 it takes signing in, or a right\n" +
			"that is missing.",
		SilenceErrors: true, SilenceUsage: true,
		DisableAutoGenTag: true,
		Args:              subcommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.format() // Before anything is done.
			return err
		},
	}
	root.SetVersionTemplate("taurus {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", ErrUsage, err) })
	flags := root.PersistentFlags()
	flags.StringVar(&a.flags.api, "api", "", "`URL` of the API [TAURUS_API] (default a demo or dev that runs here, else "+defaultAPI+")")
	flags.StringVar(&a.flags.tokenFile, "token-file", "", "`file` with the token to sign in with, - for the standard input [TAURUS_TOKEN is the token itself] (default that of taurus login)")
	flags.StringVar(&a.flags.ca, "ca", "", "PEM `file` of the authorities that may vouch for the API, in place of the system's [TAURUS_CA]")
	flags.StringVar(&a.flags.clientCert, "client-cert", "", "PEM `file` of the certificate to sign in with [TAURUS_CLIENT_CERT]")
	flags.StringVar(&a.flags.clientKey, "client-key", "", "PEM `file` of its key [TAURUS_CLIENT_KEY]")
	flags.StringVar(&a.flags.as, "as", "", "`name` on whose behalf it is asked, which takes the right impersonate; it stands in the log, beside who you are")
	flags.StringVarP(&a.flags.output, "output", "o", "table", "`format` of results: table, json or yaml")
	cobra.CheckErr(root.RegisterFlagCompletionFunc("output", completeWords(formats()...)))
	root.AddGroup(
		&cobra.Group{ID: "begin", Title: "A whole taurus on this machine:"},
		&cobra.Group{ID: "jobs", Title: "Jobs:"},
		&cobra.Group{ID: "agents", Title: "Agents:"},
		&cobra.Group{ID: "access", Title: "Who may do what:"},
		&cobra.Group{ID: "past", Title: "What happened, and why:"},
		&cobra.Group{ID: "access", Title: "Who may do what:"},
		&cobra.Group{ID: "log", Title: "The log, and NATS:"},
		&cobra.Group{ID: "parts", Title: "Parts:"},
	)
	group(root, "begin", a.demo(), a.dev())
	group(root, "jobs", a.run(), a.plan(), a.ps(), a.job(), a.scale(), a.restart(), a.kill(), a.stop(), a.rm(), a.logs())
	group(root, "jobs", a.runs(), a.dispatch())
	group(root, "jobs", a.rollout(), a.versions(), a.diff(), a.revert(), a.tag())
	group(root, "agents", a.agents(), a.drain(), a.undrain())
	group(root, "access", a.token(), a.role(), a.groups(), a.policy())
	group(root, "past", a.events(), a.audit(), a.replay(), a.explain(), a.whatIf())
	group(root, "access", a.login(), a.logout(), a.whoami(), a.open())
	group(root, "log", a.log(), a.archive(), a.nats())
	group(root, "parts", a.tls(), a.mesos())
	group(root, "parts", a.serve(), a.health(), a.doctor(), a.version())
	root.AddCommand(a.web(), a.decide())
	root.SetHelpCommandGroupID("parts")
	root.SetCompletionCommandGroupID("parts")
	strict(root)
	return root
}

func group(root *cobra.Command, id string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = id
		root.AddCommand(c)
	}
}

// subcommand refuses the arguments of a command that only has others below it,
// and says which of those may have been meant.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	const changes = 2 // Letters, at most.
	hint := ""
	// Of short names many are two letters away from each other: those that are nearer come alone.
	for cmd.SuggestionsMinimumDistance = 1; hint == "" && cmd.SuggestionsMinimumDistance <= changes; cmd.SuggestionsMinimumDistance++ {
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "; did you mean " + strings.Join(near, " or ") + "?"
		}
	}
	return usagef("%s has no command %q%s", cmd.CommandPath(), args[0], hint)
}

// strict makes every error of arguments a wrong usage that tells the right one.
func strict(cmd *cobra.Command) {
	if served(cmd) {
		return
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			switch {
			case errors.Is(err, ErrUsage):
				return err
			case err == nil && slices.Contains(args, ""):
				return usagef("an argument is empty; it is `%s`", cmd.UseLine())
			case err == nil:
				return nil
			}
			return usagef("%s given; it is `%s`", arguments(len(args)), cmd.UseLine())
		}
	}
	for _, c := range cmd.Commands() {
		strict(c)
	}
}

func arguments(n int) string {
	if n == 0 {
		return "no argument"
	}
	return count(uint32(n), "argument")
}

// client is the API that the command line means.
func (a *App) client() *client.Client {
	a.base = a.find()
	return a.at(a.base.url)
}

// at is the API at an address, and the token for it.
func (a *App) at(url string) *client.Client {
	token := sync.OnceValues(func() (string, error) {
		found, err := a.credential(url)
		if found.token != "" && !private(url) {
			say(a.Err, "%s is not https: whoever is on the way to it can read the token from %s", url, found.from)
		}
		return found.token, err
	})
	return client.New(url, a.flags.as).SignIn(token).Secure(a.secure)
}
