package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// The exit statuses. `run --wait` exits as the job did, and `serve` as a service
// does.
const (
	// ExitOK: it was done.
	ExitOK = 0
	// ExitFailed: it could not be done.
	ExitFailed = 1
	// ExitUsage: the command line, or the job that was given, is wrong; or there is
	// no log where there has to be one.
	ExitUsage = 2
	// ExitNotFound: there is no such job or task.
	ExitNotFound = 3
	// ExitConflict: the state of the job stands against it.
	ExitConflict = 4
	// ExitUnreachable: the API, or NATS, could not be reached.
	ExitUnreachable = 5
	// ExitChanges: `plan --detailed-exitcode` found that something would change.
	ExitChanges = 6
	// ExitDenied: it takes signing in, or a right that is missing.
	ExitDenied = 7
	// exitInterrupted is the shell's status for a program that SIGINT ended.
	exitInterrupted = 130
)

var (
	// ErrUsage is returned when a command line is wrong.
	ErrUsage = errors.New("wrong usage")
	// errTold is returned when the user has been told already.
	errTold = errors.New("told already")
	// errInterrupted is the cause when a user pressed Ctrl-C.
	errInterrupted = errors.New("interrupted")
)

// statusError ends the program with a status.
type statusError struct {
	error
	status int
}

func (e *statusError) Unwrap() error { return e.error }

// usagef makes an error of a wrong command line.
func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUsage, fmt.Sprintf(format, args...))
}

// ExitStatus is the exit status of an error.
func ExitStatus(err error) int {
	var status *statusError
	var problem *client.Problem
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &status):
		return status.status
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, ErrUsage), errors.Is(err, service.ErrUsage), errors.Is(err, eventlog.ErrNoLog):
		return ExitUsage
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, service.ErrUnreachable):
		return ExitUnreachable
	case errors.Is(err, client.ErrNotFound):
		return ExitNotFound
	case errors.Is(err, client.ErrConflict):
		return ExitConflict
	case errors.As(err, &problem) && problem.Denied():
		return ExitDenied
	case errors.As(err, &problem) && faulty(problem.Status):
		return ExitUsage
	}
	return ExitFailed
}

// faulty reports whether a status says that the request itself was wrong.
func faulty(status int) bool {
	return slices.Contains([]int{
		http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	}, status)
}

// complain tells the user of an error: what is wrong, every fault on a line of
// its own, and what to do about it.
func complain(w io.Writer, err error, base source) {
	if errors.Is(err, errTold) || errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled) {
		return
	}
	say(w, "taurus: %v", err)
	if absent, ok := errors.AsType[*absentError](err); ok {
		say(w, "  %s", absent.hint())
	}
	if down, ok := errors.AsType[*notReadyError](err); ok {
		say(w, "  %s", down.hint())
	}
	if errors.Is(err, service.ErrUnreachable) {
		say(w, "  That of a dev or demo is found by itself only while it runs with its data in the usual place; else name its directory: --data DIR.")
	}
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		if text := mend(problem, base); text != "" && len(problem.Faults) == 0 {
			say(w, "  %s", text)
		}
		for _, f := range problem.Faults {
			say(w, "  %s", fault(f))
		}
	}
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		say(w, "  The address comes from %s.", base.from)
		say(w, "  Start a taurus on this machine with `taurus demo` or `taurus dev`, or say where one is with --api URL or TAURUS_API.")
	}
	if errors.Is(err, client.ErrAnswer) {
		say(w, "  Is it taurus that listens there? The address comes from %s.", base.from)
	}
}

// mend is the way out of a problem, in the words of the command line where the
// api's are about requests.
func mend(p *client.Problem, base source) string {
	switch p.Type {
	case client.TypeUnauthenticated:
		return "It takes the right " + p.Right + on(p.Job) + ". Sign in with `taurus login --api " + base.url + "`, or give a token by --token-file or TAURUS_TOKEN."
	case client.TypeCredential:
		reason, _, _ := strings.Cut(p.Detail, ". ")
		return reason + ". `taurus whoami` says where it comes from; `taurus login` keeps another."
	case client.TypeForbidden:
		return "It takes the right " + p.Right + on(p.Job) + ", which none of your roles gives. `taurus whoami` shows what they do; who has the right admin can give you more."
	case client.TypeJobEnding:
		return "Wait until they are gone (`taurus ps JOB`), then run it again."
	case client.TypeSeries:
		return "Its runs are jobs of their own, which `taurus runs JOB` lists: name one of those, or update the job."
	case client.TypeNotDrained:
		return "`taurus agents` lists those that are. A host and one of its agents are drained apart."
	case client.TypeNoToken:
		return "`taurus token list` lists those that there are. Those that ended are gone from it after 30 days."
	case client.TypeNoRole:
		return "`taurus role list` lists those that there are."
	case client.TypeNoRollout:
		return "`taurus rollout JOB` tells how the last one ended."
	case client.TypeJobExists:
		return "Stop it with `taurus stop JOB --wait`, which frees the id, or choose another id."
	case client.TypeJobLives:
		return "Stop it first, with `taurus stop JOB --wait`."
	case client.TypeNotYet:
		return "`taurus events` shows which there are."
	}
	return p.Detail
}

// on is what a right is missing on.
func on(job string) string {
	if job == "" {
		return ""
	}
	return " on the job " + job
}

// fault is one fault in a line.
func fault(f client.Fault) string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Line > 0 {
		text += fmt.Sprintf(" (line %d)", f.Line)
	}
	if f.Rule != "" {
		text += fmt.Sprintf(" (rule %q of the policy)", f.Rule)
	}
	return text
}

// say writes a line. What cannot be written to a terminal that is gone has
// nobody to be told to.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(shown{w}, format+"\n", args...)
}
