package release_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/release"
)

const version = "v0.99.0"

// released is a release of the files here, as it is seen from outside.
type released struct {
	tree string // The repository that it was made in.
	mods []release.Module
	env  []string
	bin  string
}

// releaseHere releases what is here as version, in a copy, and serves its tags.
func releaseHere(t *testing.T) released {
	t.Helper()
	touchAll(t)
	temp := t.TempDir()
	r := released{tree: filepath.Join(temp, "tree"), bin: filepath.Join(temp, "bin")}
	if err := release.Snapshot(t.Context(), root, r.tree); err != nil {
		t.Fatal(err)
	}
	tags, err := release.Release(t.Context(), r.tree, version)
	if err != nil {
		t.Fatal(err)
	}
	if r.mods, err = release.Modules(r.tree); err != nil {
		t.Fatal(err)
	}
	proxy := release.Proxy(filepath.Join(temp, "proxy"))
	for i, m := range r.mods {
		if err := proxy.Add(r.tree, m, version, tags[i]); err != nil {
			t.Fatal(err)
		}
	}
	// What this machine has of other people's modules is asked before the net is.
	// They are held to taurus' own go.sum, not to the database of hashes.
	have := strings.Fields(command(t, nil, root, "go", "env", "GOMODCACHE", "GOPROXY"))
	r.env = append(proxy.Env("file://"+filepath.ToSlash(have[0])+"/cache/download,"+have[1]),
		"GOSUMDB=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOBIN="+r.bin, "GOMODCACHE="+filepath.Join(temp, "cache"),
		// Without paths in them, what is built of one cache is good for another.
		"GOFLAGS=-trimpath -modcacherw",
	)
	return r
}

// touchAll looks at every file, so that go test does not take an old result for
// that of files that git alone has read.
func touchAll(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // Another package's test has cleared up.
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == ".git" || name == "bin" || name == "rapid" {
				return fs.SkipDir
			}
			return nil
		}
		if _, err = os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r released) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	return command(t, r.env, dir, name, args...)
}

// TestFromOutside releases what is here and uses it as people will: with nothing
// but the name and the version of its modules.
func TestFromOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("builds taurus anew")
	}
	r := releaseHere(t)

	// Whoever checks out the tag has a go.mod and a go.sum that are complete.
	t.Run("checkout", func(t *testing.T) {
		for _, m := range r.mods {
			r.run(t, filepath.Join(r.tree, m.Dir), "go", "list", "-mod=readonly", "-deps", "-test", "./...")
		}
	})
	t.Run("install", func(t *testing.T) {
		r.run(t, t.TempDir(), "go", "install", module+"/cmd/taurus@"+version)
		if got := r.run(t, t.TempDir(), filepath.Join(r.bin, "taurus"), "--version"); !strings.Contains(got, version) {
			t.Errorf("taurus --version says %q, want %s", got, version)
		}
	})
	for _, m := range r.mods {
		if m.Dir != "" {
			t.Run("get "+m.Dir, func(t *testing.T) { r.get(t, m) })
		}
	}
	t.Run("extending", r.extend)
}

// get has a module of one's own use m and nothing else of taurus.
func (r released) get(t *testing.T, m release.Module) {
	dir := t.TempDir()
	r.run(t, dir, "go", "mod", "init", "example.com/mine")
	r.run(t, dir, "go", "get", m.Path+"@"+version)
	write(t, filepath.Join(dir, "main.go"), []byte("package main\n\nimport _ \""+m.Path+"\"\n\nfunc main() {}\n"))
	r.run(t, dir, "go", "run", ".")
	needed := strings.Fields(r.run(t, dir, "go", "list", "-m", "-f", "{{.Path}}", "all"))
	if slices.Contains(needed, module) {
		t.Errorf("%s brings taurus itself with it", m.Path)
	}
	nats := slices.ContainsFunc(needed, func(p string) bool { return strings.HasPrefix(p, "github.com/nats-io/") })
	if nats != strings.HasSuffix(m.Path, "/jetstream") {
		t.Errorf("%s brings NATS with it: %t", m.Path, nats)
	}
}

// extend runs the examples of docs/extending.md and docs/extending-log.md in a
// module of one's own.
func (r released) extend(t *testing.T) {
	dir := t.TempDir()
	r.run(t, dir, "go", "mod", "init", "example.com/mine")
	for _, pattern := range []string{"docs/*.md", "docs/extending/*.go", "pkg/eventlog/filelog_test.go", "pkg/eventlog/example_test.go"} {
		files, err := filepath.Glob(filepath.Join(r.tree, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, from := range files {
			name, err := filepath.Rel(r.tree, from)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, name), data)
		}
	}
	get := []string{"get"}
	for _, m := range r.mods {
		get = append(get, m.Path+"@"+version)
	}
	r.run(t, dir, "go", get...)
	r.run(t, dir, "go", "test", "-mod=mod", "-count=1", "./...")
}
