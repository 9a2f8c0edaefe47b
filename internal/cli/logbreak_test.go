package cli_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
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

// archived writes an export.
func archived(t *testing.T, h exportfile.Header, items ...exportfile.Item) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "made.ndjson")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := exportfile.NewWriter(f, h)
	for _, item := range items {
		if err == nil {
			err = w.Add(item)
		}
	}
	if err == nil {
		err = errors.Join(w.Close(), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// itemsOf are those of an export, and its sum.
func itemsOf(t *testing.T, name string) (items []exportfile.Item, sum string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := exportfile.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for item, err := range r.Items() {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items, r.Sum()
}

// TestLogRestoreRefuses what is no whole log, unless it is said that it may be so, and
// what is not that which was begun.
func TestLogRestoreRefuses(t *testing.T) {
	o := begin(t)
	o.jobs(9)
	name := filepath.Join(t.TempDir(), "taurus.ndjson")
	o.want(0, "", words("export "+name))
	part := filepath.Join(t.TempDir(), "part.ndjson")
	o.want(0, "", words("export "+part+" --from 3"))
	items, sum := itemsOf(t, name)

	o.nats = natstest.Start(t)
	o.want(1, "", words("restore "+part), "nothing was put back", "begins at sequence 3")
	header := exportfile.Header{Stream: "TAURUS", Partitions: events.DefaultPartitions}
	o.want(1, "", words("restore "+archived(t, header)), "nothing was put back", "empty")
	o.want(2, "", words("restore "+name+" --without 0"), "--without")
	items[4] = exportfile.Item{Lost: exportfile.Range{From: 5, To: 5}}
	holed := archived(t, header, items...)
	o.want(1, "", words("restore "+holed), "nothing was put back", "sequence 5 is missing", "--as-it-is")
	o.want(1, "", words("restore "+holed+" --without 6"), "nothing was put back")
	o.want(2, "", words("check"), "no stream TAURUS")
	o.want(0, "", words("restore "+holed+" --as-it-is"), "restored 9 records up to sequence 10")
	o.want(1, "", words("check"), "sequence 5 is missing")
	o.want(1, "", words("export"), "NOT whole")

	o.nats = natstest.Start(t)
	begun, err := jetstream.Restore(t.Context(), jetstream.Options{
		URL: o.nats.URL(), Kind: jetstream.Ledger, Subjects: []string{events.Prefix + ".>"}, Partitions: events.DefaultPartitions,
	}, sum)
	if err != nil {
		t.Fatal(err)
	}
	_ = begun.Close()
	o.want(1, "", words("restore "+name+" --without 4"), "another export")

	// While it was interrupted somebody else has written what would be the first record.
	nc, err := nats.Connect(o.nats.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("taurus.ev.1.job.web", []byte("x"), time.Minute); err != nil {
		t.Fatal(err)
	}
	o.want(1, "", words("restore "+name), "not what the export holds", "nats stream rm TAURUS")

	o.nats = natstest.Start(t)
	o.want(0, "", words("restore "+name), "restored 10 records up to sequence 10")
}
