package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
)

// groups is for those who say what the members of others' groups may do.
func (a *App) groups() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "group",
		SuggestFor: []string{"groups"},
		Short:      "Give groups of others' making roles, and list them",
		Long: "Give groups of others' making roles, and list them. Who is a member of a group is said by the\n" +
			"issuer of their token, or by their certificate.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.groupBind(), a.groupList())
	return cmd
}

// groupBind sets which roles a group has.
func (a *App) groupBind() *cobra.Command {
	var roles []string
	var none bool
	cmd := &cobra.Command{
		Use:        "bind GROUP --role ROLE",
		SuggestFor: []string{"set", "add"},
		Short:      "Set which roles a group has, in place of those that it had",
		Example:    "  taurus group bind team-shop --role shop --role reader\n  taurus group bind team-shop --none",
		Args:       cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if none == (len(roles) > 0) {
				return usagef("give all roles that the group is to have by --role, or --none to take all away")
			}
			if roles == nil {
				roles = []string{}
			}
			g, err := a.client().BindGroup(cmd.Context(), args[0], roles)
			if err != nil {
				return err
			}
			return a.show(g, func(io.Writer) error {
				if len(g.Roles) == 0 {
					say(a.Err, "group %s has no role", g.Name)
				} else {
					say(a.Err, "group %s has the %s", g.Name, story.Roles(g.Roles))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringArrayVar(&roles, "role", nil, "`role` that its members have; may be given again")
	cmd.Flags().BoolVar(&none, "none", false, "take all roles away")
	return cmd
}

// groupList lists the groups that have roles.
func (a *App) groupList() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls", "show"},
		Short:      "List the groups that have roles",
		Example:    "  taurus group list",
		Args:       cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			list, err := a.client().Groups(cmd.Context(), moment)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) error {
				if len(list) == 0 {
					say(a.Err, "no group has a role")
					return nil
				}
				t := table.New("GROUP", "ROLES")
				for _, g := range list {
					t.Row(g.Name, strings.Join(g.Roles, ", "))
				}
				_, err := t.WriteTo(w)
				return err
			})
		},
	}
	accessAt(cmd, &at)
	return cmd
}
