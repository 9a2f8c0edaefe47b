package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
)

// natsVariable says where NATS is; with _NKEY behind it the file of the key.
const natsVariable = service.EnvPrefix + "NATS"

// natsCommand is a command that asks NATS itself: its settings, and the data directory
// of a dev or demo that they may be of.
type natsCommand struct {
	app *App
	cmd *cobra.Command
	// role is whose key is shown to the NATS of a data directory.
	role     natsauth.Role
	nats     wiring.NATS
	settings *service.Settings
	// data is that directory; empty for a NATS of its own.
	data string
}

// natsCommand gives a command the settings of NATS.
func (a *App) natsCommand(cmd *cobra.Command, role natsauth.Role, more ...func(*service.Settings)) *natsCommand {
	c := &natsCommand{app: a, cmd: cmd, role: role}
	c.settings = service.NewSettings(string(role), cmd.Flags(), func(s *service.Settings) {
		c.nats.Register(s)
		for _, register := range more {
			register(s)
		}
	})
	cmd.Flags().StringVar(&c.data, "data", "", "data `directory` of a dev or demo: its NATS and key are used, and the marks of its services; "+
		"where it does not run its NATS is started for the command (default that of one that runs here, where --nats says nothing)")
	return c
}

// load reads the settings.
func (c *natsCommand) load(ctx context.Context) (*wiring.NATS, error) {
	url, keys, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	own := map[string]string{}
	if url != "" {
		own[natsVariable], own[natsVariable+"_NKEY"] = url, natskeys.Seed(keys, c.role)
		if f := c.cmd.Flags().Lookup("principal"); f != nil && !f.Changed {
			maps.Copy(own, allinone.MesosReader(c.data))
		}
	}
	err = c.settings.Load(func(name string) (string, bool) {
		value, ours := own[name]
		if !ours {
			value = c.app.Getenv(name)
		}
		return value, value != ""
	})
	if err == nil {
		err = c.nats.Complete(c.settings)
	}
	return &c.nats, err
}

// find is where the NATS of a data directory is, and its keys: of the one that is named,
// or of a dev or demo that runs here where nothing else is; empty otherwise.
func (c *natsCommand) find(ctx context.Context) (url, keys string, err error) {
	flags := c.cmd.Flags()
	if c.data == "" {
		dir, e, running := c.app.here()
		if !running || flags.Changed("nats") || flags.Changed("config") || c.app.Getenv(natsVariable) != "" || c.app.Getenv(service.EnvPrefix+"CONFIG") != "" {
			return "", "", nil
		}
		c.data = dir
		return e.NATS, e.Keys, nil
	}
	if flags.Changed("nats") {
		return "", "", usagef("--data and --nats name two of them: use one")
	}
	if c.data, err = filepath.Abs(c.data); err != nil {
		return "", "", usagef("--data: %v", err)
	}
	c.app.data = c.data
	if e, running := allinone.ReadEndpoints(c.data); running {
		return e.NATS, e.Keys, nil
	}
	if !allinone.IsData(c.data) {
		return "", "", usagef("--data: %s is no data directory of taurus dev or demo", c.data)
	}
	url, err = c.start(ctx)
	return url, allinone.Keys(c.data), err
}

// start starts the NATS of the data directory for as long as the command runs. Holding
// the directory keeps a dev or demo from starting meanwhile.
func (c *natsCommand) start(ctx context.Context) (url string, err error) {
	dir, err := realDir(c.data)
	if err != nil {
		return "", err
	}
	s, err := allinone.Open(ctx, allinone.Options{Data: dir, Executable: c.app.Executable})
	if err != nil {
		return "", err
	}
	c.app.atEnd = append(c.app.atEnd, s.Close)
	if _, err := natskeys.Make(allinone.Keys(dir), natskeys.Options{}); err != nil {
		return "", err
	}
	if err := s.Up(ctx, allinone.Layout{Data: dir}.Stages()[0]...); err != nil {
		return "", err
	}
	say(c.app.Err, "no dev or demo runs in %s: its NATS is started for this command", dir)
	return "nats://" + s.Processes()[0].Address, nil
}

// marks are the directories of the marks to compare: those given, or else those of the
// data directory.
func (c *natsCommand) marks(given []string) []string {
	if len(given) > 0 || c.data == "" {
		return given
	}
	return allinone.States(c.data)
}

// notReadyError is a data directory whose taurus does not come up, with where to look.
type notReadyError struct {
	error
	me, data string
}

func (e *notReadyError) Unwrap() error { return e.error }

// hint is a command that works while the rest does not.
func (e *notReadyError) hint() string {
	return fmt.Sprintf("Where the log is the cause: `%s log check --data %s` looks at it; the other commands of `taurus log` take --data too.", e.me, e.data)
}
