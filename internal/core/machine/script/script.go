package script

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//nolint:gochecknoglobals // Flags are made before tests run.
var update = flag.Bool("update", false, "write anew what comes out in the scripts")

// Test plays every file that a pattern such as "testdata/*.txt" names, each as a
// subtest with a rig of its own, and holds what comes out to what is written
// there.
func Test(t *testing.T, pattern string, rig func(t *testing.T) Rig) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts are called %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			want, err := os.ReadFile(file) //nolint:gosec // A test names its own files.
			if err != nil {
				t.Fatal(err)
			}
			got, err := newPlayer(rig(t)).play(string(want))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if got == string(want) {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s: %s\n(-update writes what came out)", file, difference(string(want), got))
		})
	}
}

// difference shows the first lines that differ, and what is around them.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	n := 0
	for n < len(w) && n < len(g) && w[n] == g[n] {
		n++
	}
	var b strings.Builder
	show := func(mark string, lines []string, from, to int) {
		for i := max(from, 0); i < min(to, len(lines)); i++ {
			b.WriteString("\n" + mark + lines[i])
		}
	}
	b.WriteString("something else came out than is written (- written, + came out)")
	show("  ", w, n-5, n)
	show("- ", w, n, n+5)
	show("+ ", g, n, n+5)
	return b.String()
}
