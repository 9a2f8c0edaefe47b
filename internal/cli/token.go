package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/firsttoken"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// token is for those who let others in.
func (a *App) token() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "token",
		SuggestFor: []string{"tokens"},
		Short:      "Create, list and revoke tokens, by which taurus knows who asks",
		Long: "Create, list and revoke tokens, by which taurus knows who asks. A token has an owner, whom\n" +
			"the log names as the author of what is done with it, and roles, which say what that may be.\n" +
			"The log has the hash of its secret, never the secret: what is lost is revoked and made anew.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenCreate(), a.tokenList(), a.tokenRevoke(), a.tokenFirst())
	return cmd
}

// tokenFlags are what a new token is to be.
type tokenFlags struct {
	owner, expires string
	roles          []string
}

func (f *tokenFlags) register(cmd *cobra.Command, roles ...string) {
	flags := cmd.Flags()
	flags.StringVar(&f.owner, "owner", "", "`name` of who holds it, a person or a program; the log names them as the author of what is done")
	flags.StringArrayVar(&f.roles, "role", roles, "`role` that it has; may be given again")
	flags.StringVar(&f.expires, "expires", "90d", "`when` it is no good any more: in so long (90d, 12h), at a time of RFC 3339, or never")
}

// neverExpires is said of what is good until it is revoked.
const neverExpires = "never"

// until reads when a token is no good any more; zero for never.
func (a *App) until(text string) (time.Time, error) {
	if text == neverExpires {
		return time.Time{}, nil
	}
	if d, err := span(text); err == nil && d > 0 {
		return a.Now().Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("--expires %s: give a duration such as 90d or 12h, a time such as 2006-01-02T15:04:05Z, or never", text)
	}
	return t.UTC(), nil
}

// check reads the flags.
func (a *App) check(f *tokenFlags) (expires time.Time, err error) {
	switch {
	case f.owner == "":
		return expires, usagef("--owner is missing: name the person or the program that is to have the token")
	case len(f.roles) == 0:
		return expires, usagef("--role is missing: give at least one, such as reader or operator; `taurus role list` lists them")
	}
	return a.until(f.expires)
}

// tokenCreate creates a token by way of the API.
func (a *App) tokenCreate() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:        "create --owner NAME --role ROLE",
		SuggestFor: []string{"new", "make", "add", "issue"},
		Short:      "Create a token, and print it this once",
		Long: "Create a token, and print it, alone on standard output, this once. Nobody is told it again.\n\n" +
			"It takes the right admin. Where nobody has that yet, `taurus token first` creates the first one.",
		Example: "  taurus token create --owner ci --role shop --expires 30d >ci.token\n  taurus token create --owner ann --role operator --role admin",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			expires, err := a.check(&f)
			if err != nil {
				return err
			}
			text := neverExpires
			if !expires.IsZero() {
				text = expires.Format(time.RFC3339)
			}
			made, err := a.client().CreateToken(cmd.Context(), f.owner, f.roles, text)
			if err != nil {
				return err
			}
			return a.showToken(made)
		},
	}
	f.register(cmd)
	return cmd
}

// showToken prints a token that was made, and says on standard error what it is.
func (a *App) showToken(made client.NewToken) error {
	err := a.show(made, func(io.Writer) error {
		_, err := fmt.Fprintln(a.Out, made.Token)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the token: %w; revoke it: taurus token revoke %s", err, made.ID)
	}
	say(a.Err, "token %s of %s with the %s, good %s; it is shown this once", made.ID, made.Owner, story.Roles(made.Roles), a.goodUntil(made.Expires))
	if made.Expires.IsZero() {
		say(a.Err, "It never expires: whoever finds it may use it until it is revoked (taurus token revoke %s).", made.ID)
	}
	return nil
}

func (a *App) goodUntil(expires time.Time) string {
	if expires.IsZero() {
		return "for ever"
	}
	return "until " + expires.UTC().Format(time.RFC3339)
}

// tokenList lists tokens.
func (a *App) tokenList() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls", "show"},
		Short:      "List tokens: whose they are, what they may, until when",
		Long: "List tokens: whose they are, what they may, until when. Those that are no good any more are\n" +
			"listed for 30 days.",
		Example: "  taurus token list\n  taurus token list --at 2026-11-24T03:12:00Z",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			list, err := a.client().Tokens(cmd.Context(), moment)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) error { return a.writeTokens(w, list) })
		},
	}
	accessAt(cmd, &at)
	return cmd
}

func (a *App) writeTokens(w io.Writer, list []projection.TokenView) error {
	if len(list) == 0 {
		say(a.Err, "there are no tokens")
		return nil
	}
	t := table.New("TOKEN", "OWNER", "ROLES", "STATE", "CREATED", "BY", "EXPIRES", "USED", "WHY")
	for i := range list {
		v := &list[i]
		expires := neverExpires
		if !v.Expires.IsZero() {
			expires = v.Expires.UTC().Format(time.RFC3339)
		}
		why := v.Reason
		if v.RevokedBy != "" {
			why += word(", by ", v.RevokedBy)
		}
		t.Row(v.ID, v.Owner, strings.Join(v.Roles, ", "), string(v.State), a.since(v.CreatedAt)+" ago", v.CreatedBy, expires, a.lastUsed(v), strings.TrimPrefix(why, ", "))
	}
	_, err := t.WriteTo(w)
	return err
}

// lastUsed is about how long ago a token was used, as far as that is recorded.
func (a *App) lastUsed(v *projection.TokenView) string {
	if v.LastUsed.IsZero() {
		return ""
	}
	return a.since(v.LastUsed) + " ago"
}

// tokenRevoke revokes tokens.
func (a *App) tokenRevoke() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:        "revoke TOKEN...",
		SuggestFor: []string{"rm", "remove", "delete"},
		Short:      "Revoke tokens: they are no good from then on",
		Long: "Revoke tokens: they are no good from then on, and what is open by them ends. It cannot be\n" +
			"taken back. TOKEN is the id that `taurus token list` shows.",
		Example: "  taurus token revoke 9b1f0c6a5d8e4f27a0b3c4d5e6f70819 --reason 'it was in a paste'",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: a.completeTokens,
		RunE: func(cmd *cobra.Command, args []string) error {
			api := a.client()
			return a.forAll(args, func(id string) error {
				if whole, err := authn.ParseToken(id); err == nil {
					id = whole.ID // The secret goes nowhere.
				}
				t, err := api.RevokeToken(cmd.Context(), id, reason)
				if err != nil {
					return err
				}
				return a.each(t, func(io.Writer) error {
					say(a.Err, "token %s of %s is revoked", t.ID, t.Owner)
					return nil
				})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	return cmd
}

func (a *App) completeTokens(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), a.AskPatience)
	defer cancel()
	var ids []string
	list, _ := a.client().Tokens(ctx, "") // A shell is told nothing of errors.
	for i := range list {
		if v := &list[i]; v.State == projection.TokenGood && strings.HasPrefix(v.ID, begun) {
			ids = append(ids, v.ID+"\t"+v.Owner)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// tokenFirst writes a token into the log itself.
func (a *App) tokenFirst() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:   "first --owner NAME",
		Short: "Create the first token, in the log itself",
		Long: "Create a token in the log itself, and not by way of the API, with the key of the log's admin:\n" +
			"the first one, which nobody else could create, or one for whoever was locked out. No api need\n" +
			"run; those that do know the token at once. It is printed, alone on standard output, this once.\n\n" +
			"It takes the settings of NATS that the services take, from the same environment; --data takes\n" +
			"the NATS and the admin's key of a dev or demo. The whole log is read.",
		Example: "  taurus token first --owner ann --nats-nkey keys/admin/seed.nk >ann.token\n  taurus token first --owner ann --data ~/taurus",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	settings := a.natsCommand(cmd, natsauth.Admin)
	f.register(cmd, access.RoleAdmin)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		expires, err := a.check(&f)
		if err != nil {
			return err
		}
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		token, err := authn.MakeToken()
		if err != nil {
			return err
		}
		want := firsttoken.Wanted{Owner: f.owner, Roles: f.roles, Expires: expires, Actor: a.user()}
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error {
			sequence, err := firsttoken.Write(cmd.Context(), log, n.Space(), token, want)
			if err != nil {
				return tokenFault(err)
			}
			made := client.NewToken{Token: token.Text(), TokenView: projection.TokenView{
				ID: token.ID, Owner: f.owner, Roles: f.roles, State: projection.TokenGood, CreatedAt: a.Now().UTC(), CreatedBy: want.Actor,
				Expires: expires, Sequence: sequence,
			}}
			return a.showToken(made)
		})
	}
	return cmd
}
