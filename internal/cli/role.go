package cli

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// accessAt gives a command that lists a moment.
func accessAt(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "", "the `moment`: a sequence, a time, or how long ago; now unless told otherwise")
}

// tokenFault is a wrong usage where what was asked for is malformed.
func tokenFault(err error) error {
	if faults, ok := errors.AsType[job.Faults](err); ok {
		return usagef("%v", faults)
	}
	return err
}

// role is for those who say what others may do.
func (a *App) role() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "role",
		SuggestFor: []string{"roles"},
		Short:      "Set, list and remove roles: rights on jobs, by the beginnings of their ids",
		Long: "Set, list and remove roles: rights on jobs, by the beginnings of their ids. reader, operator,\n" +
			"admin and anonymous are always there. A role that changes does so for all who have it.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.roleSet(), a.roleList(), a.roleRemove())
	return cmd
}

// roleSet sets what a role gives.
func (a *App) roleSet() *cobra.Command {
	var grants []string
	cmd := &cobra.Command{
		Use:        "set ROLE --grant RIGHTS:JOBS",
		SuggestFor: []string{"create", "add", "update"},
		Short:      "Set what a role gives, in place of what it gave before",
		Long: "Set what a role gives, in place of what it gave before. A grant is rights, a colon, and the jobs\n" +
			"that they are on: ids, beginnings of ids with an asterisk, or * for all jobs and the cluster.\n\n" +
			"Rights on jobs: " + rightNames(func(r access.Right) bool { return !r.OnCluster() }) + ".\n" +
			"On the cluster: " + rightNames(access.Right.OnCluster) + "; they take *.",
		Example: "  taurus role set shop --grant 'read,logs,submit,update,scale,stop:shop/*' --grant 'read:*'\n" +
			"  taurus role set oncall --grant 'read,logs,explain,history,agents:*'",
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := parseGrants(grants)
			if err != nil {
				return err
			}
			r, err := a.client().SetRole(cmd.Context(), args[0], list)
			if err != nil {
				return err
			}
			return a.show(r, func(w io.Writer) error { return writeRoles(w, []projection.RoleView{r}) })
		},
	}
	cmd.Flags().StringArrayVar(&grants, "grant", nil, "`rights:jobs`, each separated by commas; may be given again")
	return cmd
}

func parseGrants(texts []string) ([]projection.GrantView, error) {
	if len(texts) == 0 {
		return nil, usagef("--grant is missing: give rights and jobs, such as --grant 'read,logs:shop/*'")
	}
	list := make([]projection.GrantView, 0, len(texts))
	for _, text := range texts {
		rights, jobs, found := strings.Cut(text, ":")
		if !found {
			return nil, usagef("--grant %s: write rights, a colon, and jobs, such as 'read,logs:shop/*'", text)
		}
		var g projection.GrantView
		for _, r := range commas(rights) {
			g.Rights = append(g.Rights, access.Right(r))
		}
		g.Jobs = commas(jobs)
		list = append(list, g)
	}
	return list, nil
}

// commas are the words of a list.
func commas(text string) []string {
	words := []string{}
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func rightNames(which func(access.Right) bool) string {
	var names []string
	for _, r := range access.Rights() {
		if which(r) {
			names = append(names, string(r))
		}
	}
	return strings.Join(names, ", ")
}

// roleList lists roles.
func (a *App) roleList() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls", "show"},
		Short:      "List roles, and what they give",
		Example:    "  taurus role list\n  taurus role list --at 1d",
		Args:       cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			list, err := a.client().Roles(cmd.Context(), moment)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) error { return writeRoles(w, list) })
		},
	}
	accessAt(cmd, &at)
	return cmd
}

// writeRoles has a line for each grant.
func writeRoles(w io.Writer, list []projection.RoleView) error {
	t := table.New("ROLE", "RIGHTS", "JOBS", "BUILT IN")
	for i := range list {
		name, builtIn := list[i].Name, ""
		if list[i].BuiltIn {
			builtIn = "yes"
		}
		for _, g := range list[i].Grants {
			rights := make([]string, len(g.Rights))
			for n, r := range g.Rights {
				rights[n] = string(r)
			}
			t.Row(name, strings.Join(rights, ", "), strings.Join(g.Jobs, ", "), builtIn)
			name, builtIn = "", ""
		}
	}
	_, err := t.WriteTo(w)
	return err
}

// roleRemove removes roles.
func (a *App) roleRemove() *cobra.Command {
	return &cobra.Command{
		Use:        "remove ROLE...",
		SuggestFor: []string{"rm", "delete", "unset"},
		Short:      "Remove roles: they give nothing from then on",
		Long: "Remove roles: they give nothing from then on, whoever has them. Who has one has it again should\n" +
			"it be set again.",
		Example: "  taurus role remove shop",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			api := a.client()
			return a.forAll(args, func(name string) error {
				if err := api.RemoveRole(cmd.Context(), name); err != nil {
					return err
				}
				say(a.Err, "role %s is removed", name)
				return nil
			})
		},
	}
}
