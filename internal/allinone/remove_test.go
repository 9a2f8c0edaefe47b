package allinone_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone"
)

// fill makes a data directory of what runs leave, and other files.
func fill(t *testing.T, others ...string) string {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir, nil)
	s.close(t)
	left := []string{
		"endpoints.json", ".endpoints.json.1.tmp", "processes.json", ".processes.json.2.tmp", "log-made.json", ".log-made.json.3.tmp",
		"nats/jetstream/1", "mesos-master/registry", "mesos-agent-1/meta", "mesos-agent-64/meta", "logs/api-1.log", "keys/api/seed.nk", "announce/api-1.json", "state/api-1/mark",
	}
	for _, name := range append(left, others...) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRemoveLeavesNothing(t *testing.T) {
	dir := fill(t)
	holder := open(t, dir, nil)
	if err := allinone.Remove(dir); err != nil {
		t.Fatal(err)
	}
	holder.close(t)
	if left, err := os.ReadDir(dir); !os.IsNotExist(err) {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestRemoveLeavesWhatIsNotOurs has a data directory that somebody works in, as
// with --data . it is.
func TestRemoveLeavesWhatIsNotOurs(t *testing.T) {
	dir := fill(t, "main.go", ".git/config", ".env.tmp", "nats.conf", "mesos-agents.md")
	if err := allinone.Remove(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := 5; len(left) != want {
		t.Errorf("left %q, want %d", left, want)
	}
	if allinone.IsData(dir) {
		t.Error("it is still a data directory")
	}
}
