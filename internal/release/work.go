package release

import (
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"
)

func readWork(root string) (*modfile.WorkFile, error) {
	file := filepath.Join(root, "go.work")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork(file, data, nil)
}

// join has go.work put the folders here in place of version, and of no other.
func join(root string, mods []Module, version string) error {
	work, err := readWork(root)
	if err != nil {
		return err
	}
	for _, r := range slices.Clone(work.Replace) {
		if err := work.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return err
		}
	}
	work.Cleanup()
	for _, m := range mods {
		if m.Dir == "" {
			continue // Nothing here needs it.
		}
		if err := work.AddReplace(m.Path, version, "./"+m.Dir, ""); err != nil {
			return err
		}
	}
	work.SortBlocks()
	work.Cleanup()
	return os.WriteFile(filepath.Join(root, "go.work"), modfile.Format(work.Syntax), 0o600)
}

// joined returns the version of each module that go.work puts a folder in place of.
func joined(root string) (map[string]string, error) {
	work, err := readWork(root)
	if err != nil {
		return nil, err
	}
	versions := make(map[string]string)
	for _, r := range work.Replace {
		versions[r.Old.Path] = r.Old.Version
	}
	return versions, nil
}
