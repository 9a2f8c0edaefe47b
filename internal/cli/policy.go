package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// policy tells what jobs may ask for.
func (a *App) policy() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Show what jobs may ask for, or hold job files against it",
		Long: "Show what jobs may ask for of the hosts that they run on, or hold job files against it.\n" +
			"It is set by the file that an api is given by --policy; docs/policy.md says how that reads.",
		Example: "  taurus policy show\n  taurus policy check web.yaml\n  taurus policy check --policy policy.yaml jobs/*.yaml",
	}
	cmd.AddCommand(a.policyShow(), a.policyCheck())
	return cmd
}

func (a *App) policyShow() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:               "show",
		Short:             "Show the policy, as it is or was",
		Example:           "  taurus policy show\n  taurus policy show --at 1h",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			p, err := a.client().Policy(cmd.Context(), moment)
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) error { return a.writePolicy(w, p) })
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `moment`: a sequence, a time, or how long ago; now unless told otherwise")
	return cmd
}

// writePolicy writes the text as it is, so that it can be taken for a file, and the rest
// beside it.
func (a *App) writePolicy(w io.Writer, p projection.Policy) error {
	if p.Set {
		say(a.Err, "set at %s by %s, %s", a.clock(p.SetAt), story.Plain(p.SetBy), story.Plain(p.Hash[:min(12, len(p.Hash))]))
	} else {
		say(a.Err, "none was set: the default holds, which forbids what reaches the host; give an api a file by --policy")
	}
	if p.Unread != "" {
		say(a.Err, "this version of taurus cannot read it, so nothing is let through: %s", story.Plain(p.Unread))
	}
	_, err := io.WriteString(w, strings.TrimSuffix(p.Text, "\n")+"\n")
	return err
}

const policyUsage = "`file` of rules about what jobs may ask for (docs/policy.md); without one they reach nothing of this machine"

// policyFile is the whole path of a policy, which must be one: the processes that read it are
// started elsewhere, and nobody looks at what they log at first.
func policyFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err == nil {
		_, err = policy.Decode(text)
	}
	if err != nil {
		return "", usagef("--policy %s: %v", path, err)
	}
	return filepath.Abs(path)
}

// offline is what is held against a file, without asking an api.
type offline struct {
	file, name string
	roles      []string
}

func (a *App) policyCheck() *cobra.Command {
	var off offline
	cmd := &cobra.Command{
		Use:   "check [FILE|-]...",
		Short: "Hold job files against the policy, and change nothing",
		Long: "Hold job files against the policy of the api, as you would submit them; or, with\n" +
			"--policy, against a file, without an api: as the one that --as and --role name, and\n" +
			"without what others ask for under its quotas. Without job files --policy looks at the\n" +
			"policy alone. It exits 1 if something is forbidden, 2 if a file is wrong.",
		Example: "  taurus policy check web.yaml\n  taurus policy check --policy policy.yaml\n  taurus policy check --policy policy.yaml --as ann --role operator jobs/*.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			check, err := a.checking(cmd.Context(), off)
			if err != nil {
				return err
			}
			if len(args) == 0 && off.file == "" {
				return usagef("name job files, or a policy by --policy")
			}
			checks := make([]projection.PolicyCheck, 0, len(args))
			for _, file := range args {
				c, err := check(file)
				if err != nil {
					return in(file, err)
				}
				a.warn(c.Warnings)
				checks = append(checks, c)
			}
			return a.tellChecks(off, args, checks)
		},
	}
	f := cmd.Flags()
	f.StringVar(&off.file, "policy", "", "`file` of a policy, in place of the api's")
	f.StringVar(&off.name, "as", "", "`name` of who would submit the jobs, with --policy")
	f.StringSliceVar(&off.roles, "role", nil, "`roles` of who would submit the jobs, with --policy")
	return cmd
}

// tellChecks says what is forbidden, and fails if anything is.
func (a *App) tellChecks(off offline, files []string, checks []projection.PolicyCheck) error {
	forbidden := false
	err := a.show(checks, func(w io.Writer) error {
		if len(files) == 0 {
			say(w, "%s: fine", off.file)
		}
		for i, c := range checks {
			if c.Allowed {
				say(w, "%s: job %s is allowed, by the rule %q", titled(files[i]), story.Plain(c.Job), c.Rule)
				continue
			}
			say(w, "%s: job %s is forbidden:", titled(files[i]), story.Plain(c.Job))
			for _, f := range c.Faults {
				say(w, "- %s", story.Plain(f.String()))
			}
		}
		return nil
	})
	for _, c := range checks {
		forbidden = forbidden || !c.Allowed
	}
	if err == nil && forbidden {
		err = &statusError{error: errTold, status: ExitFailed}
	}
	return err
}

// checking is how a job file is checked: by the api, or against a file.
func (a *App) checking(ctx context.Context, off offline) (func(file string) (projection.PolicyCheck, error), error) {
	if off.file == "" {
		if off.name != "" || off.roles != nil {
			return nil, usagef("--as and --role are for --policy: the api goes by who you are")
		}
		return func(file string) (c projection.PolicyCheck, err error) {
			data, media, err := a.document(file)
			if err != nil {
				return c, err
			}
			return a.client().CheckPolicy(ctx, data, media)
		}, nil
	}
	text, _, err := a.document(off.file)
	if err != nil {
		return nil, err
	}
	p, err := policy.Decode(text)
	if err != nil {
		return nil, usagef("%s: %v", titled(off.file), err)
	}
	rules := commanding.Rules{Who: access.Principal{Name: off.name, Roles: off.roles}, Unset: p}
	return func(file string) (c projection.PolicyCheck, err error) {
		spec, warnings, err := a.spec(file)
		if err != nil {
			return c, err
		}
		rule, all := rules.Check(cluster.New(), spec)
		return projection.PolicyCheck{Job: spec.ID, Allowed: len(all) == 0, Rule: rule, Faults: policy.Faults(all), Warnings: warnings}, nil
	}, nil
}

// spec reads a job file as the api would.
func (a *App) spec(path string) (*job.Spec, []job.Fault, error) {
	data, media, err := a.document(path)
	if err != nil {
		return nil, nil, err
	}
	file, err := job.NewFile(data, media)
	if err != nil {
		return nil, nil, usagef("%s: %v", titled(path), err)
	}
	spec, err := file.Decode()
	if err == nil {
		spec.Normalise()
		err = spec.Validate(job.DefaultLimits())
	} else if spec != nil {
		err = spec.AllFaults(err, job.DefaultLimits())
	}
	if err != nil {
		return nil, nil, usagef("%s: %v", titled(path), err)
	}
	return spec, file.Warnings(), nil
}
