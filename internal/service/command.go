package service

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// Definition is a role as a command.
type Definition struct {
	// Role is "api", "planner", "launcher" or "reaper".
	Role string
	// Short is one line, Long what the role does.
	Short, Long string
	// AdminPort is the default port of health and metrics.
	AdminPort int
	// Register defines the role's own settings. It may be nil.
	Register func(s *Settings)
	// Complete refuses own settings that cannot work. It may be nil.
	Complete func(s *Settings) error
	// Build makes the role once its settings are known.
	Build Build
}

// aboutSettings ends the help of every role.
const aboutSettings = `Every setting is a flag, an environment variable (in brackets below) or a key of
the --config file, in that order of precedence. Keys of the file are the names of
the flags; a section called by a role's name is for that role alone, so one file
can serve all four.

Exit status:
  0  stopped as asked (SIGINT, SIGTERM)
  1  a fault while running; the last line of the log says which
  2  settings that are wrong or do not fit what is there, or no log there
  3  NATS was not there within --start-timeout`

// usageWidth is how wide help is, in columns.
const usageWidth = 100

// Command makes the command of a role. It is called taurus-<role>; a parent
// may call it otherwise.
func Command(d Definition) *cobra.Command {
	var process Process
	cmd := &cobra.Command{
		Use:   "taurus-" + d.Role,
		Short: d.Short,
		Long:  d.Long + "\n\n" + aboutSettings,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: unexpected argument %q; settings begin with --", ErrUsage, args[0])
			}
			return nil
		},
		Version:           Version(),
		DisableAutoGenTag: true,
	}
	cmd.SetUsageFunc(usage)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", ErrUsage, err) })
	settings := NewSettings(d.Role, cmd.Flags(), func(s *Settings) {
		if d.Register != nil {
			d.Register(s)
		}
		process.register(s, d.AdminPort)
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := complete(settings, &process, d.Complete); err != nil {
			return err
		}
		return Run(cmd.Context(), d.Role, process, cmd.ErrOrStderr(), d.Build)
	}
	return cmd
}

// usage lists the flags, wrapped for a terminal, in the order of their meaning.
func usage(cmd *cobra.Command) error {
	_, err := fmt.Fprintf(cmd.OutOrStderr(), "Usage:\n  %s [flags]\n\nFlags:\n%s",
		cmd.CommandPath(), cmd.LocalFlags().FlagUsagesWrapped(usageWidth))
	return err
}

func complete(s *Settings, p *Process, own func(*Settings) error) error {
	if err := s.Load(os.LookupEnv); err != nil {
		return err
	}
	err := p.complete(s)
	if own != nil {
		err = errors.Join(err, own(s))
	}
	return err
}
