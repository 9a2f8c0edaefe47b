package explore

import (
	"cmp"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

var inside = flag.String("inside", "", "the mutant that this test build is of")

// TestMutants builds taurus without each rule, and expects that the exploration
// finds it; without -full, of some, and that the others can be built.
func TestMutants(t *testing.T) {
	if *inside != "" {
		t.Skip("inside a mutant")
	}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			if !*full {
				t.Parallel()
			}
			overlay := overlaid(t, m)
			if !m.quick && !*full {
				t.Log("explored with -full only")
				compiles(t, m, overlay)
				return
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay="+overlay, "-run=^TestInside$", ".", "-inside="+m.name)
			out, err := cmd.CombinedOutput()
			switch found := slices.ContainsFunc(m.broken, func(b string) bool { return strings.Contains(string(out), b) }); {
			case err == nil:
				t.Errorf("without the rule %q nothing is found to break", m.rule)
			case !found:
				t.Errorf("without the rule %q something else breaks than %q:\n%s", m.rule, m.broken, out)
			}
		})
	}
}

// compiles fails if what a rule is taken away by is no code any more, which -full alone
// would tell otherwise.
func compiles(t *testing.T, m mutant, overlay string) {
	t.Helper()
	packages := map[string]bool{}
	for _, p := range m.patches {
		packages[filepath.Dir(absolute(t, cmp.Or(p.file, m.file)))] = true
	}
	args := slices.AppendSeq([]string{"build", "-overlay=" + overlay}, maps.Keys(packages))
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Errorf("without the rule %q nothing compiles; adapt the patch:\n%s", m.rule, out)
	}
}

// TestInside explores what a mutant is found in. Without one it shows that the
// unchanged code breaks nothing there.
func TestInside(t *testing.T) {
	for _, m := range mutants() {
		if *inside != m.name && (*inside != "" || !m.quick && !*full) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			defer debug.SetGCPercent(debug.SetGCPercent(300)) // Most of what there is stays.
			explore(t, m.scope)
		})
	}
}

// TestDocNamesEveryMutant: who reads the package finds which rules are held where.
func TestDocNamesEveryMutant(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants() {
		file := strings.TrimPrefix(m.file, "internal/core/")
		if !regexp.MustCompile(`\t` + m.name + ` +` + regexp.QuoteMeta(file) + ` `).Match(doc) {
			t.Errorf("doc.go does not say that %s of %s holds %q", m.name, file, m.rule)
		}
	}
}

// overlaid writes the patched files, and returns the overlay that names them.
func overlaid(t *testing.T, m mutant) string {
	t.Helper()
	dir, replace := t.TempDir(), map[string]string{}
	for _, p := range m.patches {
		file := absolute(t, cmp.Or(p.file, m.file))
		from, to := cmp.Or(replace[file], file), filepath.Join(dir, filepath.Base(file))
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), p.old); n != 1 {
			t.Fatalf("%s holds %d times what the rule %q is taken away by; adapt the patch:\n%s", file, n, m.rule, p.old)
		}
		write(t, to, []byte(strings.Replace(string(text), p.old, p.new, 1)))
		replace[file] = to
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	write(t, overlay, data)
	return overlay
}

// absolute is the name of a file whose name is from the root.
func absolute(t *testing.T, file string) string {
	t.Helper()
	name, err := filepath.Abs(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
