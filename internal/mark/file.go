package mark

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// name is that of the file in a state directory.
	name = "mark"
	// syncEvery is how often what was saved is forced to the disk.
	syncEvery = time.Second
)

// File is a mark in a state directory. Use Open. It is safe for concurrent use.
type File struct {
	path string

	mu    sync.Mutex
	file  *os.File
	last  slot
	found bool
	dirty bool
	fault error // of the last fsync, nil if it did not fail

	report func(error)
	// force forces what was written to the disk.
	force func() error

	stop chan struct{}
	done chan struct{}
	once sync.Once
}

// Open opens the mark in a directory, making both where they are not there, and
// holds it for this process. It fails with ErrInUse if another one does, with
// ErrDamaged if there is a mark that cannot be read, and with the error of the
// file system. report is called when the disk begins to refuse what is saved; it may
// be nil.
func Open(dir string, report func(error)) (*File, error) {
	if report == nil {
		report = func(error) {}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	path := filepath.Join(dir, name)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The operator names the directory.
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	f := &File{path: path, file: file, report: report, force: file.Sync, stop: make(chan struct{}), done: make(chan struct{})}
	if err := f.take(dir); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	go f.keepSynced()
	return f, nil
}

// take locks the file and reads what is in it. A new one gets its length at once,
// so that later writes need no room on the disk.
func (f *File) take(dir string) error {
	if err := syscall.Flock(int(f.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return inUse(dir)
		}
		return fmt.Errorf("lock %s: %w", f.path, err)
	}
	b := make([]byte, slots*slotEvery)
	n, err := f.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("mark: %w", err)
	}
	var isDamaged bool
	if f.last, f.found, isDamaged = newest(b[:n]); isDamaged {
		return damaged(f.path)
	}
	if n == len(b) {
		return nil
	}
	if _, err := f.file.WriteAt(b[n:], int64(n)); err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	return f.settle(dir)
}

// settle forces a new file and its name to the disk.
func (f *File) settle(dir string) error {
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	d, err := os.Open(dir) //nolint:gosec // The operator names the directory.
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Load returns the mark that was saved last, false if none ever was.
func (f *File) Load() (Mark, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.mark, f.found, nil
}

// Save writes a mark; when it returns the mark survives the end of the process.
func (f *File) Save(m Mark) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := slot{generation: f.last.generation + 1, mark: m}
	b := next.encode()
	if _, err := f.file.WriteAt(b[:], int64(next.generation%slots)*slotEvery); err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	f.last, f.found, f.dirty = next, true, true
	return nil
}

// keepSynced forces what was saved to the disk, again and again.
func (f *File) keepSynced() {
	defer close(f.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-tick.C:
			f.sync()
		}
	}
}

// sync does so once. The file is not held meanwhile: a disk may take its time.
func (f *File) sync() {
	f.mu.Lock()
	dirty, force := f.dirty, f.force
	f.dirty = false
	f.mu.Unlock()
	if !dirty {
		return
	}
	err := force()
	f.mu.Lock()
	before := f.fault
	f.fault = err
	f.dirty = f.dirty || err != nil
	f.mu.Unlock()
	if err != nil && before == nil {
		f.report(fmt.Errorf("%s: %w", f.path, err))
	}
}

// Close forces what was saved to the disk and lets go of the file. A second one does
// nothing.
func (f *File) Close() (err error) {
	f.once.Do(func() {
		close(f.stop)
		<-f.done
		f.sync()
		err = errors.Join(f.fault, f.file.Close())
	})
	return err
}
