package cli_test

import (
	"path/filepath"
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
