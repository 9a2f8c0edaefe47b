package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// operator gives the commands that look after a log.
type operator struct {
	t    *testing.T
	nats *natstest.Server
	// urls and key are of servers that are closed, in place of nats.
	urls, key string
}

// url is where the servers are.
func (o *operator) url() string {
	if o.urls != "" {
		return o.urls
	}
	return o.nats.URL()
}

// run gives a command, with what is typed in, and returns what came of it.
func (o *operator) run(typed string, args ...string) (status int, out, told string) {
	o.t.Helper()
	return o.give(o.t.Context(), typed, append([]string{"log"}, args...)...)
}

// give gives any command, until ctx ends.
func (o *operator) give(ctx context.Context, typed string, args ...string) (status int, out, told string) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	a := cli.NewApp()
	a.In, a.Out, a.Err = strings.NewReader(typed), &stdout, &stderr
	a.Getenv = func(name string) string {
		switch name {
		case "TAURUS_NATS":
			return o.url()
		case "TAURUS_NATS_NKEY":
			return o.key
		case "USER":
			return "ann"
		}
		return ""
	}
	a.Terminal, a.ErrTerminal = false, false
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	status = a.Run(ctx, args)
	return status, stdout.String(), stderr.String()
}

// want gives a command that must end with a status, and say each of these.
func (o *operator) want(status int, typed string, args []string, says ...string) string {
	o.t.Helper()
	got, out, told := o.run(typed, args...)
	if got != status {
		o.t.Fatalf("taurus log %s: status %d, want %d: %s%s", strings.Join(args, " "), got, status, out, told)
	}
	for _, text := range says {
		if !strings.Contains(out+told, text) {
			o.t.Errorf("taurus log %s does not say %q: %s%s", strings.Join(args, " "), text, out, told)
		}
	}
	return out
}

func words(text string) []string { return strings.Fields(text) }

// open opens the log as a service does.
func (o *operator) open() eventlog.Log {
	o.t.Helper()
	options := jetstream.Options{
		URL: o.url(), Kind: jetstream.Ledger, Subjects: []string{events.Prefix + ".>"}, Partitions: events.DefaultPartitions, NKeySeed: o.key,
	}
	if o.key != "" {
		public, err := natskeys.Check(o.key)
		if err != nil {
			o.t.Fatal(err)
		}
		options.InboxPrefix = natsauth.InboxPrefix(public)
	}
	log, err := jetstream.Open(o.t.Context(), options)
	if err != nil {
		o.t.Fatal(err)
	}
	return log
}

// jobs appends records, and seals all that there are before. It returns the mark of
// who has folded all of it.
func (o *operator) jobs(n int) mark.Mark {
	o.t.Helper()
	log := o.open()
	defer func() { _ = log.Close() }()
	put := func(subject string, ev events.Event) {
		m, err := events.Encode(subject, events.Envelope{ID: "x", Source: "test", Time: time.Now()}, ev)
		if err != nil {
			o.t.Fatal(err)
		}
		if _, err := log.Append(o.t.Context(), eventlog.Fact(m)); err != nil {
			o.t.Fatal(err)
		}
	}
	if o.mark(log).Sequence == 1 {
		n-- // That the log was made is one of them.
	}
	for range n {
		put(events.NewSpace(0).Job("web"), events.JobDeleted{Run: 1})
	}
	m := o.mark(log)
	put(events.SealSubject, events.LogSealed{Through: m.Sequence, Hash: m.Hash.String(), Records: m.Sequence})
	return o.mark(log)
}

func (o *operator) mark(log eventlog.Log) mark.Mark {
	o.t.Helper()
	bounds, err := log.Bounds(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	var m mark.Mark
	for rec, err := range log.Read(o.t.Context(), 1, bounds.Last) {
		if err != nil {
			o.t.Fatal(err)
		}
		m.Hash = chain.Next(m.Hash, rec.Sequence, rec.Time, rec.Message)
		if m.Sequence, m.Time = rec.Sequence, rec.Time; rec.Sequence == 1 {
			m.First = m.Hash
		}
	}
	m.Known = true
	return m
}

// state is a state directory with a mark.
func (o *operator) state(m mark.Mark) string {
	o.t.Helper()
	dir := o.t.TempDir()
	f, err := mark.Open(dir, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := f.Save(m); err != nil {
		o.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		o.t.Fatal(err)
	}
	return dir
}

func begin(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, nats: natstest.Start(t)}
	o.want(0, "", words("create"))
	return o
}

// TestLogCheck: a log that is whole, and one that services knew to be longer.
func TestLogCheck(t *testing.T) {
	o := begin(t)
	m := o.jobs(9)
	dir := o.state(m)
	o.want(0, "", words("check --state-dir "+dir), "10 records", "1 seal fit", "the log is whole")
	m.Sequence += 7
	ahead := o.state(m)
	o.want(1, "", words("check --state-dir "+dir+" --state-dir "+ahead), "NOT whole", ahead, "taurus log accept-loss --from 11 --to 17", "taurus log restore")
	var r examine.Report
	if err := json.Unmarshal([]byte(o.want(1, "", words("check -o json --state-dir "+ahead))), &r); err != nil {
		t.Fatal(err)
	}
	if r.Whole || len(r.Problems) != 1 || r.Problems[0].Code != examine.CodeShort || r.Problems[0].From != 11 || r.Problems[0].To != 17 || r.Sealed.Sequence != 9 {
		t.Errorf("%+v", r)
	}
	o.want(1, "", words("check --state-dir /nowhere"), "/nowhere", "--state-dir")
}

// TestLogAcceptLoss: only what is lost can be accepted, by somebody who means it; then
// the log is whole, and goes on behind what it lost.
func TestLogAcceptLoss(t *testing.T) {
	o := begin(t)
	m := o.jobs(9)
	m.Sequence += 7
	dir := o.state(m)
	reason := []string{"--reason", "the disk broke"}
	accept := func(args string) []string { return append(words("accept-loss --state-dir "+dir+" "+args), reason...) }
	o.want(2, "", words("accept-loss --from 11 --to 17 --yes"), "reason")
	o.want(2, "", accept("--from 17 --to 11 --yes"), "range")
	o.want(1, "", accept("--from 5 --to 17 --yes"), "5..10 is there", "--from 11 --to 17")
	o.want(2, "", accept("--from 11 --to 99999999 --yes"), "--to")
	o.want(1, "no\n", accept("--from 11 --to 17"), "for ever", "nothing was done")
	o.want(1, "", accept("--from 11 --to 17"), "nothing was done")
	o.want(1, "", words("check --state-dir "+dir), "NOT whole")
	o.want(0, "yes\n", accept("--from 11 --to 17"), "accepted at sequence 18", "--state ahead")
	o.want(0, "", words("check --state-dir "+dir), "whole", "loss of 11..17 accepted at 18", "by ann: the disk broke")
	o.want(0, "", accept("--from 11 --to 17 --yes"), "accepted before, at sequence 18")
}

// TestLogExport: it is whole, is gone on with, and shows what was changed in it.
func TestLogExport(t *testing.T) {
	o := begin(t)
	o.jobs(9)
	name := filepath.Join(t.TempDir(), "taurus.ndjson")
	sealed := regexp.MustCompile(`\d+:[0-9a-f]{64}`)
	o.want(0, "", words("export "+name), "exported 10 records up to sequence 10")
	_, _, told := o.run("", "export", name)
	if !strings.Contains(told, "going on") {
		t.Errorf("says %s", told)
	}
	seal := sealed.FindString(told)
	o.jobs(5)
	o.want(0, "", words("export "+name), "exported 16 records up to sequence 16")
	o.want(0, "", words("verify "+name+" --seal "+seal), "16 records", "2 seals fit", "the log is whole")
	o.want(0, "", words("verify --seal "+seal), "the log is whole")
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if out := o.want(0, "", words("export")); out != string(file) {
		t.Errorf("to the standard output it is\n%s\nin the file\n%s", out, file)
	}
	o.want(0, string(file), words("verify -"), "the log is whole")
	part := o.want(0, "", words("export --from 5 --to 12"))
	o.want(0, part, words("verify -"), "sequences 5..12", "the log is whole")
	o.want(1, strings.Replace(string(file), `"run":1`, `"run":2`, 1), words("verify -"), "changed after it was made")
	o.want(1, "", words("verify --seal "+strings.Replace(seal, ":", ":0000", 1)[:len(seal)]), "not the one")
	o.want(2, "", words("verify --seal 12"), "SEQ:HASH")
	o.want(1, "", words("export "+name+" --from 3"), "name another file")
	o.want(2, "", words("verify /nowhere/at/all"), "no such file")
}

// TestLogRestore: an export is put back where there is no log, and seals and marks fit
// as before; what services folded beyond it is lost, and can be accepted.
func TestLogRestore(t *testing.T) {
	o := begin(t)
	early := o.jobs(9)
	name := filepath.Join(t.TempDir(), "taurus.ndjson")
	_, _, told := o.run("", "export", name)
	seal := regexp.MustCompile(`\d+:[0-9a-f]{64}`).FindString(told)
	late := o.jobs(4)
	o.want(1, "", words("restore "+name), "only where there is none")

	o.nats = natstest.Start(t)
	o.want(2, "", words("restore "+name+" --partitions 32"), "--partitions 64")
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.ndjson")
	if err := os.WriteFile(bad, bytes.Replace(file, []byte(`"run":1`), []byte(`"run":2`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	o.want(1, "", words("restore "+bad), "nothing was put back")
	o.want(2, "", words("check"), "no stream TAURUS")
	o.want(0, "", words("restore "+name), "restored 10 records up to sequence 10", "taurus log create")
	o.want(0, "", words("create"), "TAURUS_WHY")
	o.want(0, "", words("verify --seal "+seal), "the log is whole")
	if out := o.want(0, "", words("export")); out != string(file) {
		t.Errorf("exported again it is\n%s\nand was\n%s", out, file)
	}
	o.want(0, "", words("check --state-dir "+o.state(early)), "the log is whole")
	dir := o.state(late)
	o.want(1, "", words("check --state-dir "+dir), "--from 11 --to 15")
	o.want(0, "", append(words("accept-loss --from 11 --to 15 --yes --state-dir "+dir), "--reason", "restored"))
	o.want(0, "", words("check --state-dir "+dir), "the log is whole")
	if m := o.jobs(2); m.Sequence != 19 {
		t.Errorf("the log goes on at %d, want 19", m.Sequence)
	}
	o.want(1, "", words("restore "+name), "only where there is none")
	o.withoutOne(name)
}

// withoutOne restores an export without a record, whose loss is accepted then.
func (o *operator) withoutOne(name string) {
	o.t.Helper()
	o.nats = natstest.Start(o.t)
	o.want(0, "", words("restore "+name+" --without 4"), "restored")
	o.want(1, "", words("check"), "sequence 4 is missing", "--from 4 --to 4")
	o.want(0, "", append(words("accept-loss --from 4 --to 4 --yes"), "--reason", "no fold goes over it"))
	o.want(0, "", words("check"), "the log is whole")
}
