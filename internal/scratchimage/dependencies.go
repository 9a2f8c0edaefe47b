package scratchimage

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrLibraryNotFound is returned for a library that is in none of the folders
// where the dynamic linker would look.
var ErrLibraryNotFound = errors.New("library not found; link the executable statically (CGO_ENABLED=0)")

// dependencies are the interpreter and the libraries of an ELF executable, by
// their paths on this machine; a static one has none.
func dependencies(executable string) ([]string, error) {
	interpreter, err := interpreterOf(executable)
	if err != nil || interpreter == "" {
		return nil, err
	}
	found := []string{interpreter}
	for queue := []string{executable}; len(queue) > 0; queue = queue[1:] {
		libraries, err := needed(queue[0])
		if err != nil {
			return nil, err
		}
		for _, l := range libraries {
			if !slices.Contains(found, l) {
				found = append(found, l)
				queue = append(queue, l)
			}
		}
	}
	return found, nil
}

// interpreterOf reads PT_INTERP; empty for a static executable.
func interpreterOf(name string) (string, error) {
	f, err := elf.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b, err := io.ReadAll(p.Open())
			return strings.TrimRight(string(b), "\x00"), err
		}
	}
	return "", nil
}

// needed resolves DT_NEEDED of a file.
func needed(name string) ([]string, error) {
	f, err := elf.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	names, err := f.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	dirs, err := searchPath(f, name)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, n := range names {
		file, err := lookUp(n, dirs)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// searchPath is where the dynamic linker looks for the libraries of a file: its
// own run path, and the system's folders. See ld.so(8).
func searchPath(f *elf.File, name string) ([]string, error) {
	var dirs []string
	for _, tag := range []elf.DynTag{elf.DT_RUNPATH, elf.DT_RPATH} {
		values, err := f.DynString(tag)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			v = strings.NewReplacer("$ORIGIN", filepath.Dir(name), "${ORIGIN}", filepath.Dir(name)).Replace(v)
			dirs = append(dirs, filepath.SplitList(v)...)
		}
	}
	for _, top := range []string{"/lib64", "/lib", "/usr/lib64", "/usr/lib", "/usr/local/lib"} {
		multiarch, err := filepath.Glob(top + "/*-linux-*")
		if err != nil {
			return nil, err
		}
		dirs = append(append(dirs, top), multiarch...)
	}
	return dirs, nil
}

func lookUp(library string, dirs []string) (string, error) {
	if filepath.IsAbs(library) {
		return library, nil
	}
	for _, d := range dirs {
		file := filepath.Join(d, library)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", library, ErrLibraryNotFound)
}
