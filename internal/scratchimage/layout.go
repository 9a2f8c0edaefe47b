package scratchimage

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"strings"
)

// entry is a file of the image: a copy of one of this machine, or a link.
type entry struct {
	path   string // in the image, absolute
	source string // on this machine
	link   string // target, for a link
}

// layout lists the image's files in the order of the archive.
func (i Image) layout() ([]entry, error) {
	entries := []entry{{path: i.Path, source: i.Executable}}
	needed, err := dependencies(i.Executable)
	if err != nil {
		return nil, err
	}
	for _, file := range needed {
		entries = append(entries, entry{path: file, source: file})
	}
	for _, l := range i.Links {
		entries = append(entries, entry{path: path.Join("/", l), link: i.Path})
	}
	return entries, nil
}

// archive packs entries and the folders above them. The same entries always give
// the same bytes.
func archive(w io.Writer, entries []entry) error {
	t := tar.NewWriter(w)
	made := make(map[string]bool)
	for _, e := range entries {
		if err := folders(t, made, path.Dir(e.path)); err != nil {
			return err
		}
		if err := e.write(t); err != nil {
			return err
		}
	}
	return t.Close()
}

func folders(t *tar.Writer, made map[string]bool, dir string) error {
	if dir == "/" || made[dir] {
		return nil
	}
	if err := folders(t, made, path.Dir(dir)); err != nil {
		return err
	}
	made[dir] = true
	return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: relative(dir) + "/", Mode: 0o755})
}

func (e entry) write(t *tar.Writer) error {
	if e.link != "" {
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: relative(e.path), Linkname: e.link, Mode: 0o777})
	}
	f, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	err = t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: relative(e.path), Size: info.Size(), Mode: 0o755})
	if err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return errors.Join(err, t.Flush())
}

func relative(name string) string { return strings.TrimPrefix(name, "/") }
