package release_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/milosgajdos/taurus/internal/release"
)

const (
	root   = "../.."
	module = "github.com/milosgajdos/taurus"
)

func command(t *testing.T, env []string, dir, name string, args ...string) string {
	t.Helper()
	var out, why bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), &out, &why
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, &out, &why)
	}
	return out.String()
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// small is a repository of three modules in a row: the root needs two, which
// needs one.
func small(t *testing.T) string {
	t.Helper()
	files, dir := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"go.work": "go 1.26.0\n\nuse (\n\t.\n\t./one\n\t./two\n)\n\n// Why.\nreplace (\n\t" +
			module + "/one v0.0.0 => ./one\n\t" + module + "/two v0.0.0 => ./two\n)\n",
		"go.mod": "module " + module + "\n\ngo 1.26.0\n\nrequire " + module + "/two v0.0.0\n\nrequire " +
			module + "/one v0.0.0 // indirect\n",
		"go.sum":     "",
		"root.go":    "package taurus\n\nimport _ \"" + module + "/two\"\n",
		"one/go.mod": "module " + module + "/one\n\ngo 1.26.0\n",
		"one/one.go": "package one\n",
		"two/go.mod": "module " + module + "/two\n\ngo 1.26.0\n\nrequire " + module + "/one v0.0.0\n",
		"two/go.sum": "",
		"two/two.go": "package two\n\nimport _ \"" + module + "/one\"\n",
		".gitignore": "/bin/\n",
		"bin/two":    "built",
		"LICENSE":    "Free.\n",
	} {
		write(t, filepath.Join(files, filepath.FromSlash(name)), []byte(text))
	}
	if err := release.Snapshot(t.Context(), files, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func content(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSnapshotLeavesOutWhatIsIgnored(t *testing.T) {
	dir := small(t)
	if _, err := os.Stat(filepath.Join(dir, "bin")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("bin is in the snapshot: %v", err)
	}
	if got := command(t, nil, dir, "git", "status", "--porcelain"); got != "" {
		t.Errorf("the snapshot is not clean:\n%s", got)
	}
}

// TestModules: each behind what it needs, whatever the order in go.work.
func TestModules(t *testing.T) {
	for _, dir := range []string{small(t), root} {
		mods, err := release.Modules(dir)
		if err != nil {
			t.Fatal(err)
		}
		var before []string
		for _, m := range mods {
			for _, need := range m.Needs {
				if !slices.Contains(before, need) {
					t.Errorf("%s needs %s and comes before it", m.Path, need)
				}
			}
			before = append(before, m.Path)
		}
		if last := mods[len(mods)-1]; last.Dir != "" || last.Path != module || last.Tag("v1.2.3") != "v1.2.3" {
			t.Errorf("last comes %+v, want the root", last)
		}
		if first := mods[0]; first.Dir == "" || first.Tag("v1.2.3") != first.Dir+"/v1.2.3" {
			t.Errorf("%+v has the tag %s", first, first.Tag("v1.2.3"))
		}
	}
}

func TestModulesThatCannotBeReleased(t *testing.T) {
	for mod, want := range map[string]error{
		"module " + module + "/one\n\nreplace " + module + "/two => ../two\n": release.ErrReplace,
		"module " + module + "/one\n\nrequire " + module + "/two v0.0.0\n":    release.ErrCircle,
	} {
		dir := small(t)
		write(t, filepath.Join(dir, "one", "go.mod"), []byte(mod))
		if _, err := release.Modules(dir); !errors.Is(err, want) {
			t.Errorf("%s\ngot %v, want %v", mod, err, want)
		}
	}
}

// TestModulesAgree: of other people's modules all have the same versions, so that
// what is tested here is what a module brings with it by itself.
func TestModulesAgree(t *testing.T) {
	mods, err := release.Modules(root)
	if err != nil {
		t.Fatal(err)
	}
	versions := make(map[string]string)
	for _, m := range slices.Backward(mods) { // The root has most of them.
		f, err := modfile.Parse(m.Path, []byte(content(t, root, m.Dir, "go.mod")), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range f.Require {
			if v, had := versions[r.Mod.Path]; had && v != r.Mod.Version {
				t.Errorf("%s wants %s, others %s", m.Path, r.Mod, v)
			}
			versions[r.Mod.Path] = r.Mod.Version
		}
	}
}

func TestReleaseRefuses(t *testing.T) {
	for _, v := range []string{"", "1.2.3", "v1.2", "v1.2.3+build", "v2.0.0", "latest"} {
		if _, err := release.Release(t.Context(), small(t), v); !errors.Is(err, release.ErrVersion) {
			t.Errorf("%q: got %v, want %v", v, err, release.ErrVersion)
		}
	}
	dir := small(t)
	write(t, filepath.Join(dir, "new.go"), []byte("package taurus\n"))
	if _, err := release.Release(t.Context(), dir, "v0.1.0"); !errors.Is(err, release.ErrUnclean) || !strings.Contains(err.Error(), "new.go") {
		t.Errorf("got %v, want %v that names new.go", err, release.ErrUnclean)
	}
	dir = small(t)
	command(t, nil, dir, "git", "tag", "one/v0.1.0")
	if _, err := release.Release(t.Context(), dir, "v0.1.0"); !errors.Is(err, release.ErrReleased) {
		t.Errorf("got %v, want %v", err, release.ErrReleased)
	}
	if got := command(t, nil, dir, "git", "status", "--porcelain"); got != "" {
		t.Errorf("a refused release leaves behind:\n%s", got)
	}
}

// TestReleases makes two in a row: of the first nothing is left in the second.
func TestReleases(t *testing.T) {
	dir := small(t)
	other := "example.com/other v1.0.0 h1:AAAA=\n"
	write(t, filepath.Join(dir, "two", "go.sum"), []byte(other))
	command(t, nil, dir, "git", "commit", "--quiet", "--all", "--message", "Need another")
	var sums []string
	for _, v := range []string{"v0.1.0", "v0.2.0-rc.1"} {
		tags, err := release.Release(t.Context(), dir, v)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"one/" + v, "two/" + v, v}; !slices.Equal(tags, want) {
			t.Errorf("tags %v, want %v", tags, want)
		}
		head := command(t, nil, dir, "git", "rev-parse", "HEAD")
		for _, tag := range tags {
			if got := command(t, nil, dir, "git", "rev-parse", tag+"^{commit}"); got != head {
				t.Errorf("%s is at %s, want the release's commit %s", tag, got, head)
			}
		}
		if got := command(t, nil, dir, "git", "status", "--porcelain"); got != "" {
			t.Errorf("%s leaves behind:\n%s", v, got)
		}
		for file, want := range map[string]string{"go.mod": module + "/one " + v + " // indirect", "two/go.mod": module + "/one " + v} {
			if got := content(t, dir, file); !strings.Contains(got, want+"\n") || strings.Contains(got, "v0.0.0") {
				t.Errorf("%s of %s:\n%s", file, v, got)
			}
		}
		work := content(t, dir, "go.work")
		if strings.Count(work, " "+v+" => ./") != 2 || strings.Count(work, "=>") != 2 {
			t.Errorf("go.work of %s:\n%s", v, work)
		}
		sum := content(t, dir, "two", "go.sum")
		lines := strings.Split(sum, "\n")
		if len(lines) != 4 || lines[0]+"\n" != other || !strings.HasPrefix(lines[1], module+"/one "+v+" h1:") ||
			!strings.HasPrefix(lines[2], module+"/one "+v+"/go.mod h1:") {
			t.Errorf("go.sum of two at %s:\n%s", v, sum)
		}
		sums = append(sums, sum)
		command(t, nil, dir, "go", "build", "./...")
	}
	if sums[0] == sums[1] {
		t.Error("two versions have the same go.sum")
	}
}

// TestTidy: what is not needed goes, what is new comes, and what modules say of
// one another stays.
func TestTidy(t *testing.T) {
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOPROXY", "off")
	dir := small(t)
	if _, err := release.Release(t.Context(), dir, "v0.1.0"); err != nil {
		t.Fatal(err)
	}
	mod, sum := content(t, dir, "two", "go.mod"), content(t, dir, "two", "go.sum")
	write(t, filepath.Join(dir, "root.go"), []byte("package taurus\n\nimport _ \""+module+"/one/added\"\n"))
	write(t, filepath.Join(dir, "one", "added", "added.go"), []byte("package added\n"))
	if err := release.Tidy(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir, "two", "go.mod"); got != mod {
		t.Errorf("go.mod of two:\n%s\nwant\n%s", got, mod)
	}
	if got := content(t, dir, "two", "go.sum"); got != sum {
		t.Errorf("go.sum of two:\n%s\nwant\n%s", got, sum)
	}
	if got := content(t, dir, "go.mod"); !strings.HasSuffix(got, "\nrequire "+module+"/one v0.1.0\n") {
		t.Errorf("go.mod of the root:\n%s", got)
	}
	if got := content(t, dir, "go.sum"); strings.Count(got, "\n") != 2 || strings.Count(got, module+"/one v0.1.0") != 2 {
		t.Errorf("go.sum of the root:\n%s", got)
	}
}
