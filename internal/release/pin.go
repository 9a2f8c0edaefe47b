package release

import (
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// sums are the hashes of one version of a module as go.sum has them.
type sums struct{ Zip, Mod string }

// lines are those of go.sum about it.
func (s sums) lines(path, version string) []string {
	if s == (sums{}) {
		return nil
	}
	return []string{path + " " + version + " " + s.Zip, path + " " + version + "/go.mod " + s.Mod}
}

// pin has m require version of the other modules that it needs, and its go.sum
// hold those of their hashes that are given, and none of other versions.
func pin(root string, m Module, version string, hashes map[string]sums) error {
	if len(m.Needs) == 0 {
		return nil
	}
	f, err := readMod(m.file(root, "go.mod"))
	if err != nil {
		return err
	}
	lines, err := readSums(m.file(root, "go.sum"))
	if err != nil {
		return err
	}
	for _, path := range m.Needs {
		if err := f.AddRequire(path, version); err != nil {
			return err
		}
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, path+" ") })
		lines = append(lines, hashes[path].lines(path, version)...)
	}
	data, err := f.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.file(root, "go.mod"), data, 0o600); err != nil {
		return err
	}
	return writeSums(m.file(root, "go.sum"), lines)
}

// readSums returns the lines of a go.sum; a module that needs nothing has none.
func readSums(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' }), nil
}

// writeSums writes lines in the order of the go command.
func writeSums(file string, lines []string) error {
	if _, err := os.Stat(file); len(lines) == 0 && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var mods []module.Version
	byMod := make(map[module.Version]string, len(lines))
	for _, line := range lines {
		path, rest, _ := strings.Cut(line, " ")
		version, _, _ := strings.Cut(rest, " ")
		m := module.Version{Path: path, Version: version}
		mods, byMod[m] = append(mods, m), line
	}
	module.Sort(mods)
	var text strings.Builder
	for _, m := range mods {
		text.WriteString(byMod[m] + "\n")
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}
