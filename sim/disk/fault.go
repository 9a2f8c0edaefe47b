package disk

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Damage does something to the files under dir, drawn from rng, and says what. Other
// is a store like it that holds another log.
func Damage(rng *rand.Rand, dir, other string) (string, error) {
	files, err := filesOf(dir)
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "nothing is left to damage", nil
	}
	if rng.IntN(4) > 0 { // Mostly where the records are.
		if blocks := only(files, ".blk"); len(blocks) > 0 {
			files = blocks
		}
	}
	file := files[rng.IntN(len(files))]
	name, err := filepath.Rel(dir, file)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(file) //nolint:gosec // A copy of the test's own.
	if err != nil {
		return "", err
	}
	switch kind := rng.IntN(8); {
	case kind == 0:
		return name + " is gone", os.Remove(file)
	case kind == 1:
		twin := files[rng.IntN(len(files))]
		return fmt.Sprintf("%s and %s are swapped", name, strings.TrimPrefix(twin, dir+"/")), swap(file, twin)
	case kind == 2:
		return name + " is that of another log", copyFile(filepath.Join(other, name), file)
	case len(data) == 0:
		return name + " is gone", os.Remove(file)
	case kind == 3:
		n := 1 + rng.IntN(len(data))
		return fmt.Sprintf("the last %d bytes of %s are cut off", n, name), write(file, data[:len(data)-n])
	case kind == 4:
		n := 1 + rng.IntN(min(300, len(data)))
		return fmt.Sprintf("the last %d bytes of %s are cut off", n, name), write(file, data[:len(data)-n])
	case kind == 5:
		const sector = 512
		from := rng.IntN(len(data)) / sector * sector
		clear(data[from:min(from+sector, len(data))])
		return fmt.Sprintf("a sector at %d of %s is zeroes", from, name), write(file, data)
	}
	bit := rng.IntN(8 * len(data))
	data[bit/8] ^= 1 << (bit % 8)
	return fmt.Sprintf("bit %d of byte %d of %s is flipped", bit%8, bit/8, name), write(file, data)
}

// DamageReplica does something to the files of one server of a cluster, as Damage does,
// or takes a directory of them away: a stream's, a Raft group's, or all there is.
func DamageReplica(rng *rand.Rand, dir, other string) (string, error) {
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return "nothing is left to damage", nil
	}
	if rng.IntN(5) > 0 {
		return Damage(rng, dir, other)
	}
	dirs, err := dirsOf(dir)
	if err != nil {
		return "", err
	}
	gone := dirs[0] // All of it, mostly: of the others there are many.
	if rng.IntN(3) == 0 {
		gone = dirs[rng.IntN(len(dirs))]
	}
	name, err := filepath.Rel(dir, gone)
	if err != nil {
		return "", err
	}
	return name + " is gone, with all in it", os.RemoveAll(gone)
}

// dirsOf lists a directory and those under it, in order.
func dirsOf(dir string) (dirs []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	return dirs, err
}

// filesOf lists the files under a directory, in order.
func filesOf(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

func only(files []string, suffix string) (some []string) {
	for _, f := range files {
		if strings.HasSuffix(f, suffix) {
			some = append(some, f)
		}
	}
	return some
}

func swap(a, b string) error {
	atA, err := os.ReadFile(a) //nolint:gosec // A copy of the test's own.
	if err != nil {
		return err
	}
	atB, err := os.ReadFile(b) //nolint:gosec // As above.
	if err != nil || bytes.Equal(atA, atB) {
		return err
	}
	if err := write(a, atB); err != nil {
		return err
	}
	return write(b, atA)
}

// copyFile puts a file in the place of another; one that is not there leaves it.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from) //nolint:gosec // As above.
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return write(to, data)
}

func write(file string, data []byte) error {
	return os.WriteFile(file, data, 0o600) //nolint:gosec // As above.
}
