package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestLogRestoreWithoutTheLast: the record that no fold goes over is the last one mostly,
// since services stop there.
func TestLogRestoreWithoutTheLast(t *testing.T) {
	o := begin(t)
	o.jobs(9)
	name := filepath.Join(t.TempDir(), "taurus.ndjson")
	o.want(0, "", words("export "+name))
	o.nats = natstest.Start(t)
	o.want(2, "", words("restore "+name+" --without 11"), "--without")
	o.want(0, "", words("restore "+name+" --without 10"), "restored 9 records up to sequence 10")
	o.want(1, "", words("check"), "sequence 10 is missing", "--from 10 --to 10")
	o.want(0, "", append(words("accept-loss --from 10 --to 10 --yes"), "--reason", "no fold goes over it"))
	o.want(0, "", words("check"), "the log is whole")
}

// TestLogExportKeepsWhatTheLogLost: an export is not added to once the log is another than
// it was: the file may be all that there is of what is lost.
func TestLogExportKeepsWhatTheLogLost(t *testing.T) {
	o := begin(t)
	o.jobs(9)
	name := filepath.Join(t.TempDir(), "taurus.ndjson")
	o.want(0, "", words("export "+name))
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	kept := func(says ...string) {
		t.Helper()
		o.want(1, "", words("export "+name), append(says, "keep it", "docs/operating.md")...)
		if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, before) {
			t.Errorf("the file became %q, %v", after, err)
		}
	}
	o.nats = natstest.Start(t)
	o.want(0, "", words("create"))
	o.jobs(4)
	kept("ends at 5", "up to 10")
	o.jobs(9)
	kept("another record at sequence 10")

	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	o.want(1, "", words("export "+name), "another export is writing it")
}
