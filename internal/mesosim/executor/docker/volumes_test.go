package docker

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWhatIsMountedFromTheSandbox: a file that was fetched stays one; what is not there becomes a folder.
func TestWhatIsMountedFromTheSandbox(t *testing.T) {
	sandbox := t.TempDir()
	file, folder := filepath.Join(sandbox, "key"), filepath.Join(sandbox, "data", "deep")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, folder, folder} {
		if err := folderUnlessThere(path); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the file is %v, %v", info, err)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		t.Errorf("the folder is %v, %v", info, err)
	}
}
