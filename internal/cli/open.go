package cli

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/cli/client"
)

// errNoBrowser says that nothing here opens pages.
var errNoBrowser = errors.New("there is no browser here")

// open shows the page in a browser, signed in.
func (a *App) open() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:        "open",
		SuggestFor: []string{"page", "ui", "dashboard", "browse"},
		Short:      "Open the page in a browser, signed in as the command line is",
		Long: "Open the page of the API in a browser, signed in with the token that the command line has.\n\n" +
			"The address has a code in it, in place of the token: it is good once and for a minute, and the\n" +
			"page asks before it signs in. The browser is told of it by a file that nobody else can read, as\n" +
			"others on this machine see what programs are started with.",
		Example: "  taurus open\n  taurus open --print",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, err := a.pageAddress(cmd.Context())
			if err != nil {
				return err
			}
			if !show {
				err = a.browse(cmd.Context(), address)
			}
			if err != nil {
				say(a.Err, "%v; open this within a minute:", err)
			}
			if show || err != nil {
				return a.show(struct {
					Address string `json:"address"`
				}{address}, func(w io.Writer) error {
					_, err := fmt.Fprintln(w, address)
					return err
				})
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&show, "print", false, "print the address, and start no browser")
	return cmd
}

// pageAddress is that of the page, with a code where there is a token to sign in with.
func (a *App) pageAddress(ctx context.Context) (string, error) {
	api := a.client()
	page, err := url.Parse(a.base.url)
	if err != nil {
		return "", usagef("--api %s: %v", a.base.url, err)
	}
	page.Path = "/"
	code, err := api.HandOver(ctx)
	if p := new(client.Problem); errors.As(err, &p) && p.Type == client.TypeNoHandover {
		say(a.Err, "there is no token to sign in with: the page shows what anybody may see")
		return page.String(), nil
	}
	if err != nil {
		return "", err
	}
	page.Fragment = "code=" + code
	return page.String(), nil
}

// browse has a browser show an address, of which its arguments tell nobody.
func (a *App) browse(ctx context.Context, address string) error {
	opener, ok := map[string]string{"linux": "xdg-open", "darwin": "open"}[runtime.GOOS]
	if !ok || runtime.GOOS == "linux" && a.Getenv("DISPLAY") == "" && a.Getenv("WAYLAND_DISPLAY") == "" {
		return errNoBrowser
	}
	program, err := exec.LookPath(opener)
	if err != nil {
		return errNoBrowser
	}
	file, err := a.leadTo(address)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, program, file).CombinedOutput() //nolint:gosec // One of two programs, and a file of ours.
	if err != nil {
		return fmt.Errorf("%s: %w: %s", opener, err, clip(string(out)))
	}
	return nil
}

// leadTo writes a page that leads to an address, and returns where. It is one file, which
// the next takes the place of; what is in it is worth nothing after a minute.
func (a *App) leadTo(address string) (string, error) {
	dir := a.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(a.Getenv("HOME"), ".cache")
	}
	if dir = filepath.Join(dir, "taurus"); !filepath.IsAbs(dir) {
		return "", errNoBrowser
	}
	const private = 0o700
	if err := os.MkdirAll(dir, private); err != nil {
		return "", fmt.Errorf("a page that leads there: %w", err)
	}
	file := filepath.Join(dir, "open.html")
	page := `<!doctype html><meta http-equiv="refresh" content="0; url=` + html.EscapeString(address) + `">` + "\n"
	return file, atomicfile.Replace(file, []byte(page))
}
