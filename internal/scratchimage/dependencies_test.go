package scratchimage

import (
	"debug/elf"
	"errors"
	"os/exec"
	"slices"
	"testing"
)

func TestDependenciesOfADynamicExecutable(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("no dynamic executable to look at: %v", err)
	}
	interpreter, err := interpreterOf(shell)
	if err != nil || interpreter == "" {
		t.Skipf("%s is not dynamic: %v", shell, err)
	}
	files, err := dependencies(shell)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(files, interpreter) || len(files) < 2 {
		t.Errorf("got %v, want the interpreter %s and libraries", files, interpreter)
	}
	for _, f := range files {
		e, err := elf.Open(f)
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLibraryThatIsNowhere(t *testing.T) {
	t.Parallel()
	if _, err := lookUp("libnowhere.so.1", []string{t.TempDir()}); !errors.Is(err, ErrLibraryNotFound) {
		t.Errorf("got %v", err)
	}
}
