package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/cli/engine"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/services/api"
)

// local is a taurus on this machine that runs.
type local struct {
	*allinone.Supervisor
	endpoints allinone.Endpoints
}

// up starts a taurus of a layout and waits until all of it is ready. Where the
// layout leaves the address of the API open, the default is taken if it is free.
func (a *App) up(ctx context.Context, l allinone.Layout) (*local, error) {
	if err := checkOwned(l.Data); err != nil {
		return nil, err
	}
	s, err := allinone.Open(ctx, allinone.Options{Data: l.Data, Executable: a.Executable, Notify: a.notice})
	if err != nil {
		return nil, err
	}
	if l.Listen == "" {
		l.Listen = a.freeListen(ctx)
	}
	if err := a.raiseStages(ctx, s, l); err != nil {
		if errors.Is(err, allinone.ErrNotReady) {
			err = &notReadyError{error: err, me: a.me(), data: l.Data}
		}
		return nil, errors.Join(err, s.Close())
	}
	e, err := s.Publish()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &local{Supervisor: s, endpoints: e}, nil
}

// raiseStages starts the processes; between NATS and the others it sees to the log.
func (a *App) raiseStages(ctx context.Context, s *allinone.Supervisor, l allinone.Layout) error {
	history, err := allinone.ReadLogHistory(l.Data)
	if err != nil {
		return err
	}
	if _, err := natskeys.Make(allinone.Keys(l.Data), natskeys.Options{}); err != nil {
		return err
	}
	if history == allinone.LogNever {
		if err := allinone.MakeMesosSecret(l.Data); err != nil {
			return err
		}
	}
	for i, stage := range l.Stages() {
		if err := s.Up(ctx, stage...); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		nats, err := wiring.At("nats://"+s.Processes()[0].Address, natskeys.Seed(allinone.Keys(l.Data), natsauth.Admin))
		if err == nil {
			err = a.prepareLog(ctx, l.Data, history, nats)
		}
		if err == nil {
			err = a.prepareToken(ctx, l.Data, nats)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// freeListen is the default address, or any port where another program has it.
func (a *App) freeListen(ctx context.Context) string {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", api.DefaultListen)
	if err != nil {
		say(a.Err, "%s is taken, so the API listens at another port", api.DefaultListen)
		return allinone.AnyPort
	}
	_ = l.Close()
	return api.DefaultListen
}

// notice tells what the supervisor does.
func (a *App) notice(n allinone.Notice) {
	s := a.errStyle()
	switch n.Kind {
	case allinone.Ready:
		say(a.Err, "  %s", n)
	case allinone.Restarted, allinone.Replaced, allinone.Trouble:
		say(a.Err, "%s", s.paint(yellow, n.String()))
	case allinone.Swept, allinone.Again:
		say(a.Err, "%s", n)
	}
}

// dataDir makes a data directory and returns its absolute path without symbolic
// links, by which containers know it too.
func dataDir(path string) (string, error) {
	const private = 0o700
	if err := os.MkdirAll(path, private); err != nil {
		return "", fmt.Errorf("data directory: %w; choose another with --data", err)
	}
	return realDir(path)
}

func realDir(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	return abs, nil
}

// executor chooses how tasks run where it is left open: in Docker if there is
// one. The engine is nil where there is none; the caller closes it.
func (a *App) executor(ctx context.Context, wanted string) (string, *engine.Engine) {
	if wanted != "auto" && wanted != "docker" {
		return wanted, nil
	}
	e, err := engine.Find(ctx)
	switch {
	case err == nil:
		say(a.Err, "Docker (API %s) runs the tasks", e.Version)
		return wanted, e
	case wanted == "docker":
		say(a.Err, "no Docker here (%v): tasks will fail until there is", err)
		return wanted, nil
	}
	say(a.Err, "no Docker here (%v): tasks are simulated", err)
	return "simulated", nil
}

// me is how this program is called again: by its name where a shell finds it, and
// otherwise by its path.
func (a *App) me() string {
	if strings.Contains(a.Executable, "go-build") {
		return "go run ./cmd/taurus"
	}
	name := filepath.Base(a.Executable)
	if found, err := exec.LookPath(name); err == nil && same(found, a.Executable) {
		return name
	}
	return a.Executable
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}
