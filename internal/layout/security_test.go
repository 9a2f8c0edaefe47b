package layout_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesTestsThatAreThere: each row of docs/security.md that has a threat names
// tests and their folders, and all of them are there.
func TestSecurityNamesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "## Threats, defences, tests")
	tables, _, _ = strings.Cut(tables, "\n## ")
	rows := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| threat") {
			continue
		}
		rows++
		if len(cells) != 3 {
			t.Errorf("a row is no threat, defence and test: %s", line)
			continue
		}
		named := 0
		for _, group := range regexp.MustCompile("((?:`Test\\w+`(?:, )?)+) in `([\\w/]+)`").FindAllStringSubmatch(cells[2], -1) {
			for _, test := range regexp.MustCompile(`Test\w+`).FindAllString(group[1], -1) {
				named++
				if !declared(t, group[2], test) {
					t.Errorf("there is no %s in %s: %s", test, group[2], strings.TrimSpace(cells[0]))
				}
			}
		}
		if named == 0 || named != strings.Count(cells[2], "`Test") {
			t.Errorf("the tests of a row, or their folders, cannot be read: %s", line)
		}
	}
	if rows < 30 {
		t.Errorf("there are only %d rows", rows)
	}
}

// declared reports whether the tests of a folder have one of a name.
func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
