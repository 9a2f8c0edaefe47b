package fetcher

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// extract unpacks an archive, which its name tells, beside itself in the
// sandbox. Anything else is left as it is.
func extract(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	switch {
	case hasSuffix(name, ".tar"):
		return untar(root, f)
	case hasSuffix(name, ".tar.gz", ".tgz"):
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		return errors.Join(untar(root, z), z.Close())
	case hasSuffix(name, ".tar.bz2", ".tbz2"):
		return untar(root, bzip2.NewReader(f))
	case hasSuffix(name, ".zip"):
		return unzip(root, f)
	}
	return nil
}

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

func untar(root *os.Root, src io.Reader) error {
	t := tar.NewReader(src)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarEntry(root, h, t); err != nil {
			return err
		}
	}
}

func untarEntry(root *os.Root, h *tar.Header, src io.Reader) error {
	name := filepath.Clean(h.Name)
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		// What is in the way goes, be it the archive itself: as libarchive has it, and tar(1).
		if err := root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return write(root, name, src, h.FileInfo().Mode().Perm())
	case tar.TypeSymlink:
		if err := root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return root.Symlink(h.Linkname, name) // Root follows no link to the outside.
	}
	return nil
}

func unzip(root *os.Root, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return err
	}
	for _, entry := range z.File {
		if err := unzipEntry(root, entry); err != nil {
			return err
		}
	}
	return nil
}

func unzipEntry(root *os.Root, entry *zip.File) error {
	name := filepath.Clean(entry.Name)
	if entry.FileInfo().IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	src, err := entry.Open()
	if err != nil {
		return err
	}
	return errors.Join(write(root, name, src, entry.Mode().Perm()), src.Close())
}
