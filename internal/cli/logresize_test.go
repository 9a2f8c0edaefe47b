package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestLogResize follows docs/operating.md, The log is full.
func TestLogResize(t *testing.T) {
	url := natstest.Start(t).URL()
	run := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		a := &App{Out: &out, Err: &errs, Getenv: func(string) string { return "" }, Now: time.Now}
		if status := a.Run(t.Context(), append([]string{"log"}, append(args, "--nats", url)...)); status != want {
			t.Fatalf("taurus log %v: status %d, want %d: %s%s", args, status, want, &out, &errs)
		}
		return out.String() + errs.String()
	}
	run(ExitUsage, "resize", "--max-bytes", "2MiB") // There is no log.
	run(ExitOK, "create", "--max-bytes", "1MiB")
	if said := run(ExitUsage, "resize"); !strings.Contains(said, "--max-bytes is missing") {
		t.Errorf("without a size: %s", said)
	}
	if said := run(ExitOK, "resize", "--max-bytes", "2MiB"); !strings.Contains(said, "may hold 2MiB (before: 1MiB)") {
		t.Errorf("resized: %s", said)
	}
	if said := run(ExitOK, "resize", "--max-bytes", "0", "-o", "json"); !strings.Contains(said, `"was_max_bytes": 2097152`) {
		t.Errorf("without a limit: %s", said)
	}
	if said := run(ExitUsage, "resize", "--max-bytes", "100PiB"); said == "" {
		t.Error("a size that is none was taken without a word")
	}
}
