package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestDocs holds docs/cli.md to the commands there are. UPDATE_DOCS=1 writes it.
func TestDocs(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "cli.md")
	want := reference(app().Command())
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/cli.md is not what the commands say; run UPDATE_DOCS=1 go test ./cmd/taurus")
	}
}

// TestHelp wants of every command what its reference needs.
func TestHelp(t *testing.T) {
	walk(app().Command(), func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q must be there and have no full stop", c.CommandPath(), c.Short)
		}
		if strings.Contains(c.CommandPath(), " serve ") && c.Flags().Lookup("announce") == nil {
			t.Errorf("%s: a part must announce its addresses", c.CommandPath())
		}
	})
}

const preamble = `# The command line

This page is made from the commands' own help, and a test holds it to them.

Every command that asks the API finds it by ` + "`--api`, else `TAURUS_API`, else the endpoints.json" + `
of a demo or dev that runs on this machine, else ` + "`http://127.0.0.1:8080`" + `. It signs in
with the token of ` + "`--token-file`" + `, else of ` + "`TAURUS_TOKEN`" + `, else with that which ` + "`taurus login`" + ` keeps for that API, else with
the one in the data directory of that demo or dev, which nobody but its user can read. Results go to
standard output in the format of ` + "`--output`" + `; everything about them goes to standard error.
Colours are for terminals, and ` + "`NO_COLOR`" + ` turns them off. ` + "`taurus completion --help`" + ` tells how a
shell completes commands, and the ids of jobs too.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | it could not be done |
| 2 | the command line, or the job that was given, is wrong; or there is no log |
| 3 | there is no such job or task |
| 4 | the state of the job stands against it |
| 5 | the API, or NATS, could not be reached |
| 6 | something would change (` + "`plan --detailed-exitcode`" + `) |
| 7 | it takes signing in (` + "`taurus login`" + `), or a right that none of your roles gives |
| 130 | ended by Ctrl-C |

` + "`taurus run --wait` exits as the job did, `taurus serve` with the statuses its own help lists." + `
`

// reference is the whole page.
func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(preamble)
	walk(root, func(c *cobra.Command) {
		if c == root {
			return
		}
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s\n\n%s\n", c.CommandPath(), c.UseLine(), text)
		if flags := strings.TrimRight(c.NonInheritedFlags().FlagUsages(), "\n"); flags != "" {
			fmt.Fprintf(&b, "\n%s\n", flags)
		}
		b.WriteString("```\n")
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
		}
	})
	return b.String()
}

// walk visits the commands that users are to see, parents first.
func walk(c *cobra.Command, visit func(*cobra.Command)) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}
