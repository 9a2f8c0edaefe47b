package release

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Tidy runs go mod tidy in every module, against the others as they are here
// and now. The versions that the modules name of one another stay, and so do
// their hashes.
func Tidy(ctx context.Context, root string) (err error) {
	mods, err := Modules(root)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "tidy-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	t := tidying{root: root, tree: repo(filepath.Join(temp, "tree")), proxy: Proxy(filepath.Join(temp, "proxy"))}
	if err := Snapshot(ctx, root, string(t.tree)); err != nil {
		return err
	}
	if t.behind, err = run(ctx, root, nil, "go", "env", "GOPROXY"); err != nil {
		return err
	}
	// The module cache keeps what it has once had of a version: another tree is
	// another version.
	tree, err := t.tree.tree(ctx)
	if err != nil {
		return err
	}
	t.version = "v0.0.0-tree." + "t" + tree
	for _, m := range mods {
		if err := t.tidy(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// tidying is one call of Tidy: what is tidied is a copy, in which the modules
// have a version.
type tidying struct {
	root    string
	tree    repo
	proxy   Proxy
	behind  string
	version string
}

func (t tidying) tidy(ctx context.Context, m Module) error {
	if err := pin(string(t.tree), m, t.version, nil); err != nil {
		return err
	}
	dir := filepath.Dir(m.file(string(t.tree), "go.mod"))
	if _, err := run(ctx, dir, t.proxy.Env(t.behind), "go", "mod", "tidy"); err != nil {
		return err
	}
	tree, err := t.tree.tree(ctx)
	if err != nil {
		return err
	}
	if err := t.proxy.Add(string(t.tree), m, t.version, tree); err != nil {
		return err
	}
	return t.bring(m)
}

// bring takes over what became of a module, but for what it says of the others.
func (t tidying) bring(m Module) error {
	tidied, err := readMod(m.file(string(t.tree), "go.mod"))
	if err != nil {
		return err
	}
	lines, err := readSums(m.file(string(t.tree), "go.sum"))
	if err != nil {
		return err
	}
	had, err := readSums(m.file(t.root, "go.sum"))
	if err != nil {
		return err
	}
	versions, err := joined(t.root)
	if err != nil {
		return err
	}
	for path, version := range versions {
		about := func(line string) bool { return strings.HasPrefix(line, path+" ") }
		lines = slices.DeleteFunc(lines, about)
		for _, r := range slices.Clone(tidied.Require) {
			if r.Mod.Path != path {
				continue
			}
			if err := tidied.AddRequire(path, version); err != nil {
				return err
			}
			lines = append(lines, slices.DeleteFunc(slices.Clone(had), func(line string) bool { return !about(line) })...)
		}
	}
	data, err := tidied.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.file(t.root, "go.mod"), data, 0o600); err != nil {
		return err
	}
	return writeSums(m.file(t.root, "go.sum"), lines)
}
