package extending_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDocumentedCode holds the Go code in the documentation to what is compiled
// and tested.
func TestDocumentedCode(t *testing.T) {
	for _, c := range []struct {
		doc, code string
		blocks    int
	}{
		{"extending.md", "*_test.go", 2},
		{"extending-log.md", "../../pkg/eventlog/*_test.go", 3},
	} {
		doc, err := os.ReadFile(filepath.Join("..", c.doc))
		if err != nil {
			t.Fatal(err)
		}
		code := sources(t, filepath.FromSlash(c.code))
		blocks := bytes.Split(doc, []byte("```go\n"))[1:]
		for _, part := range blocks {
			block, _, _ := bytes.Cut(part, []byte("```"))
			for paragraph := range bytes.SplitSeq(bytes.TrimSpace(block), []byte("\n\n")) {
				if !bytes.Contains(code, paragraph) {
					t.Errorf("%s: this is documented but not in the code:\n%s", c.doc, paragraph)
				}
			}
		}
		if len(blocks) < c.blocks {
			t.Errorf("%s has %d blocks of code, want %d or more", c.doc, len(blocks), c.blocks)
		}
	}
}

func sources(t *testing.T, pattern string) (code []byte) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, source...)
	}
	return code
}
