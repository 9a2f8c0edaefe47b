package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/tokenfile"
)

// envToken is the variable that has a token.
const envToken = "TAURUS_TOKEN"

// credential is a token, and where it comes from.
type credential struct{ token, from string }

// credential chooses the token for an api: the flag, the environment, what was signed in
// with there, that of a demo or dev that runs on this machine; none if there is none.
func (a *App) credential(api string) (credential, error) {
	if path := a.flags.tokenFile; path != "" {
		return a.fromFile(path)
	}
	if text := a.Getenv(envToken); text != "" {
		token, err := tokenfile.Check(text)
		if err != nil {
			return credential{}, usagef("%s: %v", envToken, err)
		}
		return credential{token, envToken}, nil
	}
	store := a.store()
	token, err := store.Get(api)
	if err != nil {
		return credential{}, fmt.Errorf("sign in to %s: %w", api, err)
	}
	if token != "" {
		return credential{token, string(store)}, nil
	}
	return a.localCredential(api)
}

// fromFile reads a token that is named on the command line; - is the standard input.
func (a *App) fromFile(path string) (credential, error) {
	read := func() (string, error) { return tokenfile.Read(path) }
	if path == "-" {
		read = func() (string, error) { return tokenfile.From(a.In) }
	}
	token, err := read()
	if err != nil {
		return credential{}, usagef("--token-file: %v", err)
	}
	return credential{token, path}, nil
}

// localCredential is the token of the demo or dev whose api it is, if its files are this
// user's to read.
func (a *App) localCredential(api string) (credential, error) {
	dir, e, running := a.here()
	if a.data != "" {
		dir = a.data
		e, running = allinone.ReadEndpoints(dir)
	}
	if !running || !isOne(api, e.API) {
		return credential{}, nil
	}
	path := allinone.TokenFile(dir)
	token, err := tokenfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return credential{}, nil // It is older than tokens are, or another user's.
	}
	if err != nil {
		return credential{}, err
	}
	return credential{token, path}, nil
}

// ofData is the API of a data directory, asked with the token that is in it.
func (a *App) ofData(api, data string) *client.Client {
	return client.New(api, "").SignIn(func() (string, error) { return tokenfile.Read(allinone.TokenFile(data)) })
}

// isOne reports whether an address is one of others.
func isOne(api string, of []string) bool {
	for _, other := range of {
		if tokenfile.Address(api) == tokenfile.Address(other) {
			return true
		}
	}
	return false
}

// store is where login keeps tokens; empty if this user has no place for them.
func (a *App) store() tokenfile.Store {
	dir := a.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home := a.Getenv("HOME")
		if home == "" {
			return "" // Others write where everybody may.
		}
		dir = filepath.Join(home, ".config")
	}
	return tokenfile.Store(filepath.Join(dir, "taurus", "tokens.json"))
}

// login keeps a token for an api.
func (a *App) login() *cobra.Command {
	var insecure bool
	cmd := &cobra.Command{
		Use:        "login",
		SuggestFor: []string{"signin", "auth"},
		Short:      "Sign in: keep a token for an API",
		Long: "Sign in: ask the API who the token is of, and keep it for that API, in a file that nobody but\n" +
			"you can read ($XDG_CONFIG_HOME/taurus/tokens.json, or in ~/.config). The token comes from\n" +
			"--token-file, which - has be the standard input, or is asked for. It is never an argument:\n" +
			"others on this machine see those.\n\n" +
			"A token is taken from --token-file, else from TAURUS_TOKEN, else from what was kept for the\n" +
			"API, else from the data directory of a demo or dev of yours that runs here.",
		Example: "  taurus login --api https://taurus.example.com\n  taurus login --token-file ci.token\n  pass show taurus | taurus login --token-file -",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.base = a.find()
			if !insecure && !private(a.base.url) {
				return usagef("%s is not https, so whoever is on the way reads the token; give its https address, or --insecure", a.base.url)
			}
			if a.store() == "" {
				return usagef("there is no place to keep a token, as neither XDG_CONFIG_HOME nor HOME is set; set one, or give the token by TAURUS_TOKEN or --token-file")
			}
			found, err := a.enteredToken()
			if err != nil {
				return err
			}
			api := client.New(a.base.url, "").Secure(a.secure)
			api.SignIn(func() (string, error) { return found.token, nil })
			me, err := api.WhoAmI(cmd.Context())
			if err != nil {
				return err
			}
			if err := a.store().Put(a.base.url, found.token); err != nil {
				return fmt.Errorf("keep the token: %w", err)
			}
			say(a.Err, "signed in to %s as %s (%s)", a.base.url, me.Name, story.Roles(me.Roles))
			return nil
		},
	}
	cmd.Flags().BoolVar(&insecure, "insecure", false, "sign in to another machine without TLS, where whoever is on the way reads the token")
	return cmd
}

// enteredToken is the token to sign in with.
func (a *App) enteredToken() (credential, error) {
	if a.flags.tokenFile != "" {
		return a.fromFile(a.flags.tokenFile)
	}
	read := func() (string, error) { return tokenfile.From(a.In) }
	if a.ReadSecret != nil {
		say(a.Err, "Token for %s (it is not shown):", a.base.url)
		read = func() (string, error) {
			text, err := a.ReadSecret()
			if err != nil {
				return "", err
			}
			return tokenfile.Check(text)
		}
	}
	token, err := read()
	if err != nil {
		return credential{}, usagef("the token: %v", err)
	}
	return credential{token, "input"}, nil
}

// private reports whether nobody but the api hears what it is sent: it is on this machine,
// or encrypted.
func private(api string) bool {
	u, err := url.Parse(tokenfile.Address(api))
	if err != nil {
		return false
	}
	ip, errIP := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || errIP == nil && ip.Unmap().IsLoopback()
}

// logout forgets the token for an api.
func (a *App) logout() *cobra.Command {
	return &cobra.Command{
		Use:        "logout",
		SuggestFor: []string{"signout"},
		Short:      "Forget the token that was kept for an API",
		Long: "Forget the token that `taurus login` has kept for an API. It is good all the same, for who has it\n" +
			"elsewhere: `taurus token revoke` ends that.",
		Example: "  taurus logout\n  taurus logout --api https://taurus.example.com",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			api := a.find().url
			was, err := a.store().Forget(api)
			if err != nil {
				return err
			}
			if !was {
				say(a.Err, "no token was kept for %s", api)
				return nil
			}
			say(a.Err, "signed out of %s", api)
			return nil
		},
	}
}

// whoami tells who asks, and what they may do.
func (a *App) whoami() *cobra.Command {
	return &cobra.Command{
		Use:     "whoami",
		Short:   "Show who you are to the API, and what you may do",
		Long:    "Show who you are to the API, where the token for it comes from, and what your roles let you do.",
		Example: "  taurus whoami\n  taurus whoami -o json",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			me, err := a.client().WhoAmI(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(me, func(w io.Writer) error { return a.writeMe(w, me) })
		},
	}
}

func (a *App) writeMe(w io.Writer, me client.Me) error {
	how := map[string]string{"token": "by the token " + me.Token, "anonymous": "not signed in", "certificate": "by a certificate", "oidc": "by a token of your issuer"}[me.By]
	from := ""
	if found, err := a.credential(a.base.url); err == nil && found.from != "" {
		from = ", from " + found.from
	}
	say(w, "%s at %s, %s%s", me.Name, a.base.url, how, from)
	if !me.Expires.IsZero() {
		say(w, "good until %s", me.Expires.UTC().Format(time.RFC3339))
	}
	if len(me.Grants) == 0 {
		say(w, "%s: you may do nothing", story.Roles(me.Roles))
		return nil
	}
	say(w, "%s", story.Roles(me.Roles))
	t := table.New("RIGHTS", "JOBS")
	for _, g := range me.Grants {
		t.Row(strings.Join(g.Rights, ", "), strings.Join(g.Jobs, ", "))
	}
	_, err := t.WriteTo(w)
	return err
}
