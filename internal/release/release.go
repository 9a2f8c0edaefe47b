package release

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// Release makes one commit that is version of every module, with a tag for each,
// and returns the tags. Nothing is pushed.
func Release(ctx context.Context, root, version string) ([]string, error) {
	mods, err := Modules(root)
	if err != nil {
		return nil, err
	}
	r := repo(root)
	if err := ready(ctx, r, mods, version); err != nil {
		return nil, err
	}
	if err := join(root, mods, version); err != nil {
		return nil, err
	}
	hashes := make(map[string]sums)
	for _, m := range mods {
		if err := pin(root, m, version, hashes); err != nil {
			return nil, err
		}
		if hashes[m.Path], err = hash(ctx, r, m, version); err != nil {
			return nil, err
		}
	}
	if _, err := r.git(ctx, "commit", "--all", "--message", "Release "+version, "--message", body); err != nil {
		return nil, err
	}
	tags := make([]string, len(mods))
	for i, m := range mods {
		tags[i] = m.Tag(version)
		if _, err := r.git(ctx, "tag", "--annotate", "--message", m.Path+" "+version, tags[i]); err != nil {
			return nil, err
		}
	}
	return tags, nil
}

const body = "Each go.mod names this version of the other modules, and each go.sum has its hashes,\n" +
	"so that the tags of this commit are all that go install and go get need."

// ready refuses what could not become version.
func ready(ctx context.Context, r repo, mods []Module, version string) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version {
		return fmt.Errorf("%w: %q; want one such as v0.3.0", ErrVersion, version)
	}
	for _, m := range mods {
		if err := module.Check(m.Path, version); err != nil {
			return fmt.Errorf("%w: %w", ErrVersion, err)
		}
		had, err := r.git(ctx, "tag", "--list", m.Tag(version))
		if err != nil {
			return err
		}
		if had != "" {
			return fmt.Errorf("%w: %s", ErrReleased, had)
		}
	}
	changed, err := r.git(ctx, "status", "--porcelain")
	if err == nil && changed != "" {
		err = fmt.Errorf("%w:\n%s", ErrUnclean, changed)
	}
	return err
}

// hash returns what a proxy will serve for m, of the files as they are now.
func hash(ctx context.Context, r repo, m Module, version string) (sums, error) {
	tree, err := r.tree(ctx)
	if err != nil {
		return sums{}, err
	}
	file, err := os.CreateTemp("", "release-*.zip")
	if err != nil {
		return sums{}, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	defer func() { _ = file.Close() }()
	if err := pack(file, r, m, version, tree); err != nil {
		return sums{}, err
	}
	var s sums
	if s.Zip, err = dirhash.HashZip(file.Name(), dirhash.Hash1); err != nil {
		return sums{}, err
	}
	mod, err := os.ReadFile(m.file(string(r), "go.mod"))
	if err != nil {
		return sums{}, err
	}
	s.Mod, err = dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(mod)), nil
	})
	return s, err
}

// tree is what a commit of all changes would hold.
func (r repo) tree(ctx context.Context) (string, error) {
	if _, err := r.git(ctx, "add", "--update"); err != nil {
		return "", err
	}
	return r.git(ctx, "write-tree")
}

// pack writes the zip of m as of a commit or tree, byte for byte what the go
// command and the proxies make of it.
func pack(w io.Writer, r repo, m Module, version, revision string) error {
	return zip.CreateFromVCS(w, module.Version{Path: m.Path, Version: version}, string(r), revision, m.Dir)
}
