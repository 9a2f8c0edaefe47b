package service_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/milosgajdos/taurus/internal/service"
)

func TestAnnounceReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "api.json")
	if _, err := service.ReadAnnouncement(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	for _, want := range []service.Announcement{
		{Role: "api", Name: "api-1", PID: 7, AdminAddress: "127.0.0.1:8081", Address: "127.0.0.1:8080"},
		{Role: "reaper", Name: "r", PID: 8, AdminAddress: "[::1]:1"},
	} {
		if err := service.Announce(file, want); err != nil {
			t.Fatal(err)
		}
		got, err := service.ReadAnnouncement(file)
		if err != nil || got != want {
			t.Errorf("read %+v, %v; want %+v", got, err, want)
		}
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := service.ReadAnnouncement(file); err == nil {
		t.Error("half an announcement is read")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the file alone", entries, err)
	}
}

func TestAnnounceLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "taken")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := service.Announce(file, service.Announcement{}); err == nil {
		t.Error("a folder was replaced by a file")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}
