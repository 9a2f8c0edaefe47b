package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// wantArchive gives a command of the archive.
func (o *operator) wantArchive(status int, args string, says ...string) string {
	o.t.Helper()
	got, out, told := o.give(o.t.Context(), "", append([]string{"archive"}, words(args)...)...)
	if got != status {
		o.t.Fatalf("taurus archive %s: status %d, want %d: %s%s", args, got, status, out, told)
	}
	for _, text := range says {
		if !strings.Contains(out+told, text) {
			o.t.Errorf("taurus archive %s does not say %q: %s%s", args, text, out, told)
		}
	}
	return out
}

// archive runs the archive's writer until what it wrote holds.
func (o *operator) archive(flags string, until func([]archive.Manifest) bool) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	type end struct {
		status int
		told   string
	}
	ended := make(chan end, 1)
	go func() {
		status, _, told := o.give(ctx, "", append(words("archive run --admin-listen 127.0.0.1:0 --nats "+o.url()), words(flags)...)...)
		ended <- end{status, told}
	}()
	testwait.Until(o.t, "the archive has it", func() bool {
		var list []archive.Manifest
		_, out, _ := o.give(o.t.Context(), "", append(words("archive list --output json"), words(flags)[:2]...)...)
		return json.Unmarshal([]byte(out), &list) == nil && until(list)
	})
	cancel()
	if e, ok := testwait.Receive(o.t, "the writer ends", ended); ok && e.status != 0 {
		o.t.Errorf("archive run: status %d: %s", e.status, e.told)
	}
}

// TestArchive: what was archived is verified, listed and got back, and is the log once it is
// restored.
func TestArchive(t *testing.T) {
	o := begin(t)
	m := o.jobs(9)
	dir := t.TempDir()
	at := "--archive file://" + dir
	o.wantArchive(0, "list "+at, "the archive is empty")
	o.wantArchive(0, "verify "+at, "the archive is empty")
	o.wantArchive(1, "get 1.. "+at, "the archive is empty")
	o.archive(at+" --segment-records 5", func(list []archive.Manifest) bool { return len(list) == 1 })
	o.jobs(9)
	last := o.jobs(9)
	o.archive(at+" --segment-records 5", func(list []archive.Manifest) bool { return len(list) == 3 })
	o.wantArchive(0, "list "+at, "FROM", "segments/0000")
	o.wantArchive(0, "verify "+at, "3 segments", "3 seals", "the archive is whole")
	o.wantArchive(0, "verify --alone "+at, "0 seals", "the archive is whole")
	if m.Sequence != 10 || last.Sequence != 30 {
		t.Fatalf("%d, %d", m.Sequence, last.Sequence)
	}

	// What is got is what the log exports.
	exported := filepath.Join(t.TempDir(), "exported")
	o.want(0, "", words("export --to 29 "+exported))
	got := filepath.Join(t.TempDir(), "got")
	o.wantArchive(0, "get 1..12 "+got+" "+at, "got 12 records up to sequence 12")
	o.wantArchive(0, "get 1.. "+got+" "+at, "up to sequence 29")
	a, err := os.ReadFile(exported)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(got); err != nil || !bytes.Equal(a, b) {
		t.Errorf("%v, got\n%s\nwant\n%s", err, b, a)
	}
	if out := o.wantArchive(0, "get 12..13 "+at); strings.Count(out, "\n") != 4 {
		t.Errorf("%s", out)
	}
	for _, wrong := range []string{"1", "x..", "0..5", "5..4", "1..99"} {
		o.wantArchive(2, "get "+wrong+" "+at)
	}

	o.nats = natstest.Start(t)
	o.want(0, "", words("restore "+got), "restored 29 records")
	o.want(0, "", words("create"))
	o.want(0, "", words("check"), "the log is whole")
	// The seal behind the last segment is not in the log that was put back.
	o.wantArchive(1, "verify "+at, "NOT whole", "has lost its end")

	file, err := filepath.Glob(filepath.Join(dir, "segments", "*"))
	if err != nil || len(file) != 3 {
		t.Fatal(file, err)
	}
	if err := os.Truncate(file[1], 100); err != nil {
		t.Fatal(err)
	}
	o.wantArchive(1, "verify --alone "+at, "NOT whole", file[1][len(dir)+1:])
}

// TestArchiveSettings: what cannot work is refused with how to mend it.
func TestArchiveSettings(t *testing.T) {
	o := begin(t)
	o.wantArchive(2, "list", "setting archive", "say where the archive is")
	o.wantArchive(2, "list --archive /x", "file:///DIR")
	o.wantArchive(2, "run", "archive", "is missing")
	o.wantArchive(2, "run --archive file:///x --segment-records 0 --segment-age 0s", "segment-records", "segment-age")
	o.wantArchive(2, "run --archive s3://id:secret@bucket", "credentials in it")
}

// TestArchiveOfAnotherLog: nothing is added to it, and the writer says so and ends.
func TestArchiveOfAnotherLog(t *testing.T) {
	o := begin(t)
	o.jobs(9)
	at := "--archive file://" + t.TempDir()
	o.archive(at+" --segment-records 5", func(list []archive.Manifest) bool { return len(list) == 1 })
	o.nats = natstest.Start(t)
	o.want(0, "", words("create"))
	o.jobs(12)
	o.wantArchive(1, "run --admin-listen 127.0.0.1:0 --nats "+o.url()+" "+at, "the archive is of another log")
}
