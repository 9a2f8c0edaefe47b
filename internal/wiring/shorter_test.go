package wiring_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// publish appends an event as the admin, and returns its sequence.
func publish(t *testing.T, js natsjs.JetStream, subject string, ev events.Event) uint64 {
	t.Helper()
	m, err := events.Encode(subject, events.Envelope{ID: "test", Source: "taurus/cli/test", Time: time.Now(), Actor: "ada"}, ev)
	if err != nil {
		t.Fatal(err)
	}
	msg := &nats.Msg{Subject: subject, Data: m.Data, Header: nats.Header{}}
	for name, value := range m.Header {
		msg.Header[name] = []string{value}
	}
	ack, err := js.PublishMsg(t.Context(), msg)
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

// cutBlock cuts the second half off the ledger's newest block.
func cutBlock(t *testing.T, store string) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(store, "jetstream", "*", "streams", "TAURUS", "msgs", "*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("no blocks in %s (%v)", store, err)
	}
	info, err := os.Stat(blocks[len(blocks)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blocks[len(blocks)-1], info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

// TestALogThatLostItsEnd: NATS is killed, half of its newest block is gone, and it
// starts as if nothing had happened. Every service refuses that log, says what is
// missing and what to do, and goes on once an operator has accepted the loss.
func TestALogThatLostItsEnd(t *testing.T) {
	server := withLog(t, natstest.Start(t))
	last := uint64(0)
	for i := range 20 {
		last = publish(t, admin(t, server.URL()), events.NewSpace(0).Job(fmt.Sprint("job-", i)), events.JobDeleted{})
	}
	states := map[string]string{}
	run := func(role string) *process {
		args := []string{"--nats=" + server.URL(), "--state-dir=" + states[role]}
		switch role {
		case "api":
			args = append(args, "--listen=127.0.0.1:0")
		case "launcher": // It never reaches Mesos, and elects itself all the same once it may.
			args = append(args, "--master=127.0.0.1:1")
		}
		return start(t, services()[role](), args...)
	}
	for _, role := range []string{"api", "planner", "reaper", "launcher"} {
		states[role] = t.TempDir()
		p := run(role)
		p.says("caught up with the log")
		p.end()
	}
	js := admin(t, server.URL())
	info, err := js.Stream(t.Context(), "TAURUS")
	if err != nil {
		t.Fatal(err)
	}
	marked := info.CachedInfo().State.LastSeq // The launcher may have written something.
	server.Kill(t)
	cutBlock(t, server.Store())
	server.Restart(t)
	for role := range states {
		p := run(role)
		if status, text := <-p.status, p.out.String(); status != service.ExitFault || !strings.Contains(text, "the log has become shorter") ||
			!strings.Contains(text, "taurus log check") || !strings.Contains(text, "docs/operating.md") {
			t.Errorf("%s: exit status %d, want %d: %s", role, status, service.ExitFault, text)
		}
	}
	js = admin(t, server.URL())
	if info, err = js.Stream(t.Context(), "TAURUS"); err != nil {
		t.Fatal(err)
	}
	left := info.CachedInfo().State.LastSeq
	if left >= last {
		t.Fatalf("the log still ends at %d: nothing was lost", left)
	}
	publish(t, js, events.LogSubject, events.LossAccepted{From: left + 1, To: marked, Reason: "a test cut the block"})
	for role := range states {
		p := run(role)
		p.says("caught up with the log")
		p.end()
	}
}
