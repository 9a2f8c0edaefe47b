package handout

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path"

	"github.com/milosgajdos/taurus/internal/secret"
)

// File is one file of an archive.
type File struct {
	// Path is where it goes in the sandbox.
	Path string
	// Perm are the bits of its mode.
	Perm    uint32
	Content []byte
}

// Archive packs files into a tar, which is called name where it is unpacked. Its last member is an empty file of that very name, which whatever
// unpacks it puts in its place: so nothing but the files is left in a sandbox.
func Archive(name string, files []File) (secret.Value, error) {
	var out bytes.Buffer
	out.Grow(size(files)) // Once: what a buffer has outgrown nobody wipes.
	w := tar.NewWriter(&out)
	folders := map[string]bool{".": true, "/": true}
	for _, f := range append(files, File{Path: name, Perm: 0o600}) {
		if err := addFolders(w, folders, path.Dir(f.Path)); err != nil {
			return secret.Value{}, err
		}
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.Path, Mode: int64(f.Perm), Size: int64(len(f.Content))})
		if err == nil {
			_, err = w.Write(f.Content)
		}
		if err != nil {
			clear(out.Bytes())
			return secret.Value{}, fmt.Errorf("pack secrets: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		clear(out.Bytes())
		return secret.Value{}, fmt.Errorf("pack secrets: %w", err)
	}
	return secret.NewValue(out.Bytes()), nil
}

// addFolders adds a folder and those above it.
func addFolders(w *tar.Writer, known map[string]bool, folder string) error {
	if known[folder] {
		return nil
	}
	if err := addFolders(w, known, path.Dir(folder)); err != nil {
		return err
	}
	known[folder] = true
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755}); err != nil {
		return fmt.Errorf("pack secrets: %w", err)
	}
	return nil
}

// size is at least what the archive takes.
func size(files []File) int {
	const block, headers = 512, 4 // A long name takes more headers than one; and each file has folders.
	n := 4 * block
	for _, f := range files {
		n += len(f.Content) + block + headers*block*(2+len(path.Dir(f.Path))/2)
	}
	return n
}
