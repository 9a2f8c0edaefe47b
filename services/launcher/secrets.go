package launcher

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/handout"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// DefaultSecretTimeout bounds how long it may take to get one secret, once it is its turn.
	DefaultSecretTimeout = 5 * time.Second
	// secretsAtOnce is how many secrets are asked for at once, turnMax how long one may wait for its turn.
	secretsAtOnce = 16
	turnMax       = time.Minute
	// secretsBytes is how much the secrets of one task may be in all.
	secretsBytes = 1 << 20
	// secretsHad is the outcome of a question that was answered with all that it asked for.
	secretsHad = "had"
)

// keeper keeps the values that tasks are about to be launched with, from when the machine asks for them until it has them forgotten. It is
// the one place where they are.
type keeper struct {
	provider secret.Provider
	timeout  time.Duration
	fetched  bool // agents can fetch what is in files
	turns    chan struct{}
	metrics  *metrics

	mu   sync.Mutex
	kept map[uint64]*kept
	left bool
}

// kept are the values of one ticket.
type kept struct {
	values map[string]secret.Value // nil before they are there
	cancel context.CancelFunc
}

func newKeeper(opt Options, m *metrics) *keeper {
	return &keeper{
		provider: opt.Secrets, timeout: opt.SecretTimeout, fetched: opt.Handout != nil, metrics: m,
		turns: make(chan struct{}, secretsAtOnce), kept: map[uint64]*kept{},
	}
}

// get gets what the machine asks for, beside everything else, and tells it.
func (k *keeper) get(ctx context.Context, e launching.GetSecrets, tell func(launching.GotSecrets)) {
	ctx, cancel := context.WithTimeout(ctx, turnMax)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left {
		cancel()
		return
	}
	k.kept[e.Ticket] = &kept{cancel: cancel}
	go func() {
		defer cancel()
		got, values := k.all(ctx, e)
		k.keep(e.Ticket, values)
		k.metrics.secrets.WithLabelValues(outcomeOf(got)).Inc()
		tell(got)
	}()
}

func outcomeOf(got launching.GotSecrets) string {
	if got.Problem != nil {
		return got.Problem.Kind
	}
	return secretsHad
}

// all gets all of them, or says which cannot be had: the first in order of name.
func (k *keeper) all(ctx context.Context, e launching.GetSecrets) (launching.GotSecrets, map[string]secret.Value) {
	got := launching.GotSecrets{Ticket: e.Ticket}
	if err := k.possible(e); err != nil {
		got.Problem = problem(e.Names[0], err)
		return got, nil
	}
	type answer struct {
		value   secret.Value
		version string
		err     error
	}
	answers := make([]answer, len(e.Names))
	var all sync.WaitGroup
	for i, name := range e.Names {
		all.Go(func() {
			a := &answers[i]
			a.value, a.version, a.err = k.one(ctx, name)
			if a.err == nil && slices.Contains(e.Variables, name) {
				a.err = fitsVariable(a.value)
			}
		})
	}
	all.Wait()
	values, size := map[string]secret.Value{}, 0
	for i, name := range e.Names {
		a := answers[i]
		values[name] = a.value
		if size += len(a.value.Bytes()); a.err == nil && size > secretsBytes {
			a.err = secret.Missing("with the others of its task it has more than %d bytes; give the task less", secretsBytes)
		}
		if a.err != nil && got.Problem == nil {
			got.Problem = problem(name, a.err)
		}
		if a.version != "" {
			got.Versions = append(got.Versions, events.SecretVersion{Name: name, Version: a.version})
		}
	}
	if got.Problem != nil {
		wipeAll(values)
		got.Versions = nil
		return got, nil
	}
	return got, values
}

// possible says why nothing could be launched, whatever the provider has.
func (k *keeper) possible(e launching.GetSecrets) error {
	switch {
	case k.provider == nil:
		return secret.Unavailable("the launcher was not told where secrets are; start it with --secrets-from")
	case e.Fetched && !k.fetched:
		return secret.Unavailable("what Docker runs has files, and what its image is pulled with, fetched by its agent from the launcher; start that with --secrets-listen, or give the task its secrets in variables")
	}
	return nil
}

// one gets one secret, in turn.
func (k *keeper) one(ctx context.Context, name string) (secret.Value, string, error) {
	select {
	case k.turns <- struct{}{}:
		defer func() { <-k.turns }()
	case <-ctx.Done():
		return secret.Value{}, "", secret.Unavailable("other secrets are waited for; see whether their provider can be reached from the launcher")
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	v, version, err := k.provider.Get(ctx, name)
	if err != nil {
		v.Wipe()
		return secret.Value{}, "", err
	}
	return v, version, nil
}

// fitsVariable refuses what no variable can hold, which Mesos would refuse with the task.
func fitsVariable(v secret.Value) error {
	switch line := v.Line(); {
	case bytes.IndexByte(line, 0) >= 0:
		return secret.Missing("it has a zero byte, which no variable can hold; give it to the task in a file")
	case !utf8.Valid(line):
		return secret.Missing("it is no UTF-8, which a variable must be; give it to the task in a file")
	}
	return nil
}

// problem is what the machine is told of an error: nothing that a provider said, but for what is meant to be shown.
func problem(name string, err error) *launching.SecretProblem {
	told := secret.Told(err)
	kind := launching.SecretUnavailable
	switch {
	case errors.Is(told, secret.ErrMissing):
		kind = launching.SecretMissing
	case errors.Is(told, secret.ErrForbidden):
		kind = launching.SecretForbidden
	}
	return &launching.SecretProblem{Kind: kind, Name: name, Text: told.Error()}
}

// keep keeps values until they are forgotten, which they may have been before they were there.
func (k *keeper) keep(ticket uint64, values map[string]secret.Value) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch one := k.kept[ticket]; {
	case one == nil:
		wipeAll(values)
	case values == nil:
		delete(k.kept, ticket)
	default:
		one.values = values
	}
}

// forget wipes the values of a ticket, or stops asking for them.
func (k *keeper) forget(ticket uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(ticket)
}

func (k *keeper) drop(ticket uint64) {
	if one := k.kept[ticket]; one != nil {
		one.cancel()
		wipeAll(one.values)
		delete(k.kept, ticket)
	}
}

// leave wipes all values, and takes no more.
func (k *keeper) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left = true
	for ticket := range k.kept {
		k.drop(ticket)
	}
}

// give copies the values that tasks are launched with: those that are kept may be forgotten before the call is made. A task whose values are
// not kept gets none, and its launch is refused.
func (k *keeper) give(launches []scheduler.Launch) mesos.Secrets {
	k.mu.Lock()
	defer k.mu.Unlock()
	var given mesos.Secrets
	for i := range launches {
		l := &launches[i]
		one := k.kept[l.Secrets]
		if one == nil || one.values == nil {
			continue
		}
		values := map[string]secret.Value{}
		for _, name := range l.Group.SecretNames() {
			if v, ok := one.values[name]; ok {
				values[name] = v.Clone()
			}
		}
		if given == nil {
			given = mesos.Secrets{}
		}
		given[l.TaskID] = mesos.TaskSecrets{Values: values}
	}
	return given
}

// acceptWith is an ACCEPT on its way to be called, with the secrets of its tasks.
type acceptWith struct {
	launching.Accept
	secrets mesos.Secrets
}

// wipe wipes what an effect has of secrets.
func wipe(e any) {
	if a, ok := e.(acceptWith); ok {
		for _, s := range a.secrets {
			wipeAll(s.Values)
		}
	}
}

func wipeAll(values map[string]secret.Value) {
	for _, v := range values {
		v.Wipe()
	}
}

// errNotHandedOut says that agents would have nowhere to fetch the secrets of a task from.
var errNotHandedOut = errors.New("launcher: too many secrets wait to be fetched; the tasks are tried again")

// handOut has agents fetch those secrets that Docker is to find in files. It begins with the call, since they can be fetched for a minute only.
func (s *session) handOut(e acceptWith) (mesos.Secrets, error) {
	for i := range e.Launches {
		l := &e.Launches[i]
		given, has := e.secrets[l.TaskID]
		if !has || !l.Group.Fetches() || s.handout == nil {
			continue
		}
		archive, err := handout.Archive(mesos.ArchiveFile, files(l.Group, given.Values))
		if err != nil {
			return nil, err
		}
		if given.Archive = s.handout.Offer(archive); given.Archive == "" {
			return nil, errNotHandedOut
		}
		e.secrets[l.TaskID] = given
	}
	return e.secrets, nil
}

// files are those of a task, as they are packed.
func files(g *job.Group, values map[string]secret.Value) []handout.File {
	all := make([]handout.File, 0, len(g.Secrets)+1)
	if name := g.Container.Credentials(); name != "" {
		all = append(all, handout.File{Path: job.RegistryFile, Perm: 0o600, Content: values[name].Bytes()})
	}
	for i, f := range g.Secrets {
		all = append(all, handout.File{Path: mesos.FileInSandbox(f, i), Perm: f.Perm(), Content: values[f.Name].Bytes()})
	}
	return all
}
