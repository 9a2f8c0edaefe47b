package service

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// Announcement is who a process is and where it listens.
type Announcement struct {
	Role         string `json:"role"`
	Name         string `json:"name"`
	PID          int    `json:"pid"`
	AdminAddress string `json:"admin_address"`
	// Address is that of the role's own server; empty where it has none.
	Address string `json:"address,omitempty"`
	// PprofAddress is that of its profiles; empty where there are none.
	PprofAddress string `json:"pprof_address,omitempty"`
}

// Announce writes a to a file, whole or not at all: a reader never sees half of
// it, nor does one after a power failure. It stays when the process ends; a
// reader tells by the pid whose it is.
func Announce(file string, a Announcement) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if err := atomicfile.Replace(file, append(data, '\n')); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// ReadAnnouncement reads what Announce wrote. The error is fs.ErrNotExist
// before that.
func ReadAnnouncement(file string) (Announcement, error) {
	var a Announcement
	data, err := os.ReadFile(file) //nolint:gosec // The caller named it to the process.
	if err != nil {
		return a, fmt.Errorf("announcement: %w", err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("announcement %s: %w", file, err)
	}
	return a, nil
}
