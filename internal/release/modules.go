package release

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Module is a module of this repository.
type Module struct {
	Path string
	// Dir is its folder under the root, with slashes, and "" for the root's own.
	Dir string
	// Needs are the paths of the other modules that it requires.
	Needs []string
}

// Tag is what git calls a version of the module.
func (m Module) Tag(version string) string { return path.Join(m.Dir, version) }

// file is the path of a file of the module.
func (m Module) file(root, name string) string {
	return filepath.Join(root, filepath.FromSlash(m.Dir), name)
}

// Modules returns those that go.work joins, each behind what it needs.
func Modules(root string) ([]Module, error) {
	work, err := readWork(root)
	if err != nil {
		return nil, err
	}
	mods := make([]Module, len(work.Use))
	files := make(map[string]*modfile.File)
	for i, use := range work.Use {
		m := Module{Dir: strings.TrimPrefix(path.Clean("/"+use.Path), "/")}
		f, err := readMod(m.file(root, "go.mod"))
		if err != nil {
			return nil, err
		}
		if len(f.Replace) > 0 {
			return nil, fmt.Errorf("%w: %s; put it into go.work", ErrReplace, m.file(root, "go.mod"))
		}
		m.Path = f.Module.Mod.Path
		mods[i], files[m.Path] = m, f
	}
	for i, m := range mods {
		for _, r := range files[m.Path].Require {
			if _, ours := files[r.Mod.Path]; ours {
				mods[i].Needs = append(mods[i].Needs, r.Mod.Path)
			}
		}
	}
	return sorted(mods)
}

// sorted puts each module behind what it needs.
func sorted(mods []Module) ([]Module, error) {
	var done []Module
	has := func(p string) bool { return slices.ContainsFunc(done, func(m Module) bool { return m.Path == p }) }
	for len(done) < len(mods) {
		next := slices.IndexFunc(mods, func(m Module) bool {
			return !has(m.Path) && !slices.ContainsFunc(m.Needs, func(p string) bool { return !has(p) })
		})
		if next < 0 {
			return nil, ErrCircle
		}
		done = append(done, mods[next])
	}
	return done, nil
}

func readMod(file string) (*modfile.File, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(file, data, nil)
}
