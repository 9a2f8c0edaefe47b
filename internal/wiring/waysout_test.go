package wiring_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// installation is all of taurus, with state directories that outlive its services.
type installation struct {
	t      *testing.T
	nats   *natstest.Server
	master string
	dirs   map[string]string
	roles  map[string]*process
	api    *client.Client
}

func install(t *testing.T) *installation {
	t.Helper()
	i := &installation{t: t, nats: withLog(t, natstest.Start(t)), dirs: map[string]string{}}
	master := start(t, embedded.MesosMasterCommand(), "--listen=127.0.0.1:0", "--work-dir="+t.TempDir())
	i.master = master.ready().Address
	agent := start(t, embedded.MesosAgentCommand(), "--master="+i.master, "--listen=127.0.0.1:0", "--work-dir="+t.TempDir(), "--executor=simulated")
	agent.ready()
	t.Cleanup(func() { agent.end(); master.end() })
	for _, role := range []string{"api", "planner", "launcher", "reaper"} {
		i.dirs[role] = t.TempDir()
	}
	return i
}

// launch starts the services.
func (i *installation) launch() {
	i.t.Helper()
	i.roles = map[string]*process{}
	for role, cmd := range services() {
		args := []string{"--nats=" + i.nats.URL(), "--state-dir=" + i.dirs[role]}
		switch role {
		case "api":
			args = append(args, "--listen=127.0.0.1:0", "--anonymous=admin")
		case "launcher", "reaper":
			args = append(args, "--master="+i.master)
		}
		i.roles[role] = start(i.t, cmd(), args...)
	}
}

// ready waits for the services.
func (i *installation) ready() {
	i.t.Helper()
	for _, p := range i.roles {
		if a := p.ready(); a.Role == "api" {
			i.api = client.New("http://"+a.Address, "ann")
		}
	}
}

func (i *installation) stop() {
	i.t.Helper()
	for _, p := range i.roles {
		p.end()
	}
}

// job waits until a job is as wanted.
func (i *installation) job(id, what string, ok func(projection.Job) bool) {
	i.t.Helper()
	defer func() {
		for _, p := range i.roles {
			p.log()
		}
	}()
	testwait.Until(i.t, "job "+id+" is "+what, func() bool {
		j, err := i.api.Job(i.t.Context(), id, "")
		return err == nil && ok(j)
	})
}

func (i *installation) runs(id string, tasks uint32) {
	i.t.Helper()
	i.job(id, fmt.Sprint("running ", tasks), func(j projection.Job) bool {
		return j.State == projection.StateRunning && j.Tasks.Running == tasks
	})
}

func (i *installation) submit(id string, replicas int) {
	i.t.Helper()
	spec := fmt.Sprintf(`{"id":%q,"tasks":[{"name":"web","replicas":%d,"container":{"image":"web"},"resources":{"cpu":0.1,"memory":16}}]}`, id, replicas)
	if _, err := i.api.Submit(i.t.Context(), []byte(spec), "application/json"); err != nil {
		i.t.Fatal(err)
	}
}

// alive are the ids of the tasks that Mesos runs.
func (i *installation) alive() []string {
	i.t.Helper()
	req, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, "http://"+i.master+"/tasks?limit=1000", http.NoBody)
	if err != nil {
		i.t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var list struct{ Tasks []struct{ ID, State string } }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		i.t.Fatal(err)
	}
	var ids []string
	for _, task := range list.Tasks {
		if task.State == "TASK_RUNNING" {
			ids = append(ids, task.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// log gives a command that looks after the log, which has to end with a status.
func (i *installation) log(status int, args ...string) string {
	i.t.Helper()
	got, text := taurus(i.t, append([]string{"log", args[0], "--nats", i.nats.URL()}, args[1:]...)...)
	if got != status {
		i.t.Fatalf("taurus log %q: status %d, want %d: %s", args, got, status, text)
	}
	return text
}

// stateDirs are those of all services, as commands take them.
func (i *installation) stateDirs() (args []string) {
	for _, dir := range i.dirs {
		args = append(args, "--state-dir", dir)
	}
	return args
}

// dooms counts the decisions, behind a sequence, that tasks are to end.
func (i *installation) dooms(after uint64) (n int) {
	i.t.Helper()
	log := i.ledger()
	defer func() { _ = log.Close() }()
	bounds, err := log.Bounds(i.t.Context())
	if err != nil {
		i.t.Fatal(err)
	}
	for rec, err := range log.Read(i.t.Context(), after+1, bounds.Last) {
		if gap := new(eventlog.GapError); errors.As(err, &gap) {
			break
		}
		if err != nil {
			i.t.Fatal(err)
		}
		if rec.Header[events.HeaderType] == (events.TasksDoomed{}).Type() {
			n++
		}
	}
	return n
}

// grown runs two jobs, of which the log loses all but the beginning of the first: back
// is what NATS had of it.
func (i *installation) grown() (back string, alive []string) {
	i.t.Helper()
	i.launch()
	i.ready()
	i.submit("old", 2)
	i.runs("old", 2)
	i.stop()
	i.nats.Stop()
	back = i.t.TempDir()
	if err := os.CopyFS(back, os.DirFS(i.nats.Store())); err != nil {
		i.t.Fatal(err)
	}
	i.nats.Restart(i.t)
	i.launch()
	i.ready()
	if _, err := i.api.Scale(i.t.Context(), "old", "web", 4); err != nil {
		i.t.Fatal(err)
	}
	i.submit("lost", 3)
	i.runs("old", 4)
	i.runs("lost", 3)
	if alive = i.alive(); len(alive) != 7 {
		i.t.Fatalf("Mesos runs %q", alive)
	}
	return back, alive
}

// acceptAll starts the services, which have to refuse the log and say why, and accepts
// the loss as they and `taurus log check` say. It returns where that is written.
func (i *installation) acceptAll(alive []string, why string) (accepted uint64) {
	i.t.Helper()
	i.launch()
	for role, p := range i.roles {
		text := func() string { return p.out.String() }
		if status := <-p.status; status != service.ExitFault || !strings.Contains(text(), why) || !strings.Contains(text(), "taurus log accept-loss --from") {
			i.t.Errorf("%s ended with %d: %s", role, status, text())
		}
	}
	if now := i.alive(); !reflect.DeepEqual(now, alive) {
		i.t.Fatalf("Mesos runs %q, and ran %q", now, alive)
	}
	for range 10 {
		status, said := taurus(i.t, append([]string{"log", "check", "--nats", i.nats.URL()}, i.stateDirs()...)...)
		if status == 0 {
			return accepted
		}
		way := widest(regexp.MustCompile(`accept-loss --from (\d+) --to (\d+)`).FindAllStringSubmatch(said, -1))
		if way == nil {
			i.t.Fatalf("no way out in %s", said)
		}
		said = i.log(0, append([]string{"accept-loss", "--yes", "--from", way[1], "--to", way[2], "--reason", "a test"}, i.stateDirs()...)...)
		if _, err := fmt.Sscan(regexp.MustCompile(`at sequence (\d+)`).FindStringSubmatch(said)[1], &accepted); err != nil {
			i.t.Fatal(err)
		}
	}
	i.t.Fatal("the log is still not whole")
	return 0
}

// widest is the first way with the highest end.
func widest(ways [][]string) (way []string) {
	for _, w := range ways {
		if way == nil || w[1] == way[1] && (len(w[2]) > len(way[2]) || len(w[2]) == len(way[2]) && w[2] > way[2]) {
			way = w
		}
	}
	return way
}

// known waits until the log knows of all tasks that Mesos runs.
func (i *installation) known(alive []string) {
	i.t.Helper()
	testwait.Until(i.t, "all tasks are known", func() bool {
		var ids []string
		jobs, err := i.api.Jobs(i.t.Context(), client.Query{})
		for _, j := range jobs {
			tasks, failed := i.api.Tasks(i.t.Context(), j.ID, "")
			err = errors.Join(err, failed)
			for _, task := range tasks {
				if task.State == "RUNNING" && task.Doom == nil {
					ids = append(ids, task.TaskID)
				}
			}
		}
		slices.Sort(ids)
		return err == nil && reflect.DeepEqual(ids, alive)
	})
}

// blocks are the files that NATS keeps the records of the log in.
func (i *installation) blocks() []string {
	i.t.Helper()
	found, err := filepath.Glob(filepath.Join(i.nats.Store(), "jetstream", "*", "streams", "TAURUS", "msgs", "*.blk"))
	if err != nil || len(found) == 0 {
		i.t.Fatalf("no blocks, %v", err)
	}
	return found
}

// folded is how many bytes from the end what all services have folded begins: the
// launcher's last word, when it stops, none of them has.
const folded = 2500

// TestADamagedStoreIsAccepted: whatever the disk of NATS did to the log, services
// refuse it, and once an operator has accepted the loss they know of every task that
// Mesos runs, and end none.
func TestADamagedStoreIsAccepted(t *testing.T) {
	for name, harm := range map[string]func(b []byte) []byte{
		"a bit flipped in the middle": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"a bit flipped at the end":    func(b []byte) []byte { b[len(b)-folded] ^= 1; return b },
		"the end cut off":             func(b []byte) []byte { return b[:len(b)-folded] },
		"half of it cut off":          func(b []byte) []byte { return b[:len(b)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			i := install(t)
			_, alive := i.grown()
			i.stop()
			i.nats.Stop()
			block := i.blocks()[0]
			data, err := os.ReadFile(block)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(block, harm(data), 0o600); err != nil {
				t.Fatal(err)
			}
			// As after a kill -9, which leaves no index.
			_ = os.Remove(filepath.Join(filepath.Dir(block), "index.db"))
			i.nats.Restart(t)
			accepted := i.acceptAll(alive, "the log")
			i.launch()
			i.ready()
			i.known(alive)
			if now := i.alive(); !reflect.DeepEqual(now, alive) {
				t.Errorf("Mesos runs %q, and ran %q", now, alive)
			}
			if n := i.dooms(accepted); n > 0 {
				t.Errorf("%d times tasks were doomed", n)
			}
			i.stop()
			i.log(0, append([]string{"check"}, i.stateDirs()...)...)
		})
	}
}

// TestALostEndIsAccepted: an old backup of NATS' store is put back. No service does
// anything; once an operator has accepted the loss they go on, what Mesos runs of it is
// kept, and users decide what becomes of it.
func TestALostEndIsAccepted(t *testing.T) {
	i := install(t)
	back, alive := i.grown()
	i.stop()
	i.nats.Stop()
	if err := os.RemoveAll(i.nats.Store()); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(i.nats.Store(), os.DirFS(back)); err != nil {
		t.Fatal(err)
	}
	i.nats.Restart(t)

	accepted := i.acceptAll(alive, "the log has become shorter")
	i.launch()
	i.ready()
	i.job("lost", "ahead", func(j projection.Job) bool { return j.State == projection.StateAhead && j.Tasks.Running == 3 })
	i.job("old", "ahead", func(j projection.Job) bool {
		return j.State == projection.StateAhead && j.Tasks.Running == 4 && j.Tasks.Ahead == 2
	})
	if now := i.alive(); !reflect.DeepEqual(now, alive) {
		t.Errorf("Mesos runs %q, and ran %q", now, alive)
	}
	if n := i.dooms(accepted); n > 0 {
		t.Errorf("%d times tasks were doomed", n)
	}
	why, err := i.api.Explain(t.Context(), "lost", "")
	if err != nil || !slices.ContainsFunc(why.Reasons, func(r projection.Reason) bool {
		return r.Code == projection.CodeAhead && strings.Contains(r.Message, "the log has lost its submission")
	}) {
		t.Errorf("explained by %+v, %v", why.Reasons, err)
	}

	if _, err := i.api.Scale(t.Context(), "old", "web", 4); err != nil {
		t.Fatal(err)
	}
	i.runs("old", 4)
	if _, err := i.api.Stop(t.Context(), "lost", ""); err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "the lost job has ended", func() bool { return len(i.alive()) == 4 })
	testwait.Until(t, "the lost job is gone", func() bool {
		_, err := i.api.Job(t.Context(), "lost", "")
		return errors.Is(err, client.ErrNotFound)
	})
	i.submit("lost", 1)
	i.runs("lost", 1)
	i.stop()
	i.log(0, append([]string{"check"}, i.stateDirs()...)...)
}

// TestALogIsRestored: NATS is gone with all that it had, and an export is put back.
// Services go on with it as if nothing had been, by the marks that they have.
func TestALogIsRestored(t *testing.T) {
	i := install(t)
	_, alive := i.grown()
	i.stop()
	file := filepath.Join(t.TempDir(), "taurus.ndjson")
	i.log(0, "export", file)
	i.nats = natstest.Start(t)
	i.log(0, "restore", file)
	i.log(0, "create")
	i.log(0, append([]string{"check"}, i.stateDirs()...)...)
	before := i.dooms(0)
	i.launch()
	i.ready()
	i.runs("old", 4)
	i.runs("lost", 3)
	if now := i.alive(); !reflect.DeepEqual(now, alive) {
		t.Errorf("Mesos runs %q, and ran %q", now, alive)
	}
	if n := i.dooms(0); n != before {
		t.Errorf("%d times tasks were doomed, before %d", n, before)
	}
	if _, err := i.api.Stop(t.Context(), "lost", ""); err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "the job has ended", func() bool { return len(i.alive()) == 4 })
	i.stop()
}

// ledger opens the log as who may write anything.
func (i *installation) ledger() *jetstream.Log {
	i.t.Helper()
	log, err := jetstream.Open(i.t.Context(), jetstream.Options{
		URL: i.nats.URL(), Kind: jetstream.Ledger, Subjects: []string{events.Prefix + ".>"}, Partitions: events.DefaultPartitions,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return log
}

// forge writes an event of a major version that no program knows, behind it what a user
// decided then, and returns its sequence.
func (i *installation) forge(run uint64) uint64 {
	i.t.Helper()
	log := i.ledger()
	defer func() { _ = log.Close() }()
	env := events.Envelope{ID: "forged", Source: "a stranger", Time: time.Now()}
	scaled := events.JobScaled{Run: run, Version: 2, Group: "web", Replicas: 4}
	subject := events.NewSpace(0).Job("web")
	forged, err := events.Encode(subject, env, events.Unknown{TypeName: "taurus.job.scaled.v2", Data: []byte("{}")})
	if err != nil {
		i.t.Fatal(err)
	}
	env.ID = "decided"
	decided, err := events.Encode(subject, env, scaled)
	if err != nil {
		i.t.Fatal(err)
	}
	receipt, err := log.Append(i.t.Context(), eventlog.Fact(forged))
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := log.Append(i.t.Context(), eventlog.Fact(decided)); err != nil {
		i.t.Fatal(err)
	}
	return receipt.Last
}

// TestAnEventOfAnotherMajorIsTakenOut: somebody writes what no program knows how to read.
// Every service stops and says so. An operator takes the record out as the page says,
// leaving the marks as they are, and services go on with all that is behind it.
func TestAnEventOfAnotherMajorIsTakenOut(t *testing.T) {
	i := install(t)
	i.launch()
	i.ready()
	i.submit("web", 3)
	i.runs("web", 3)
	alive := i.alive()
	job, err := i.api.Job(t.Context(), "web", "")
	if err != nil {
		t.Fatal(err)
	}
	forged := i.forge(job.Run)
	stopped := func() {
		t.Helper()
		for role, p := range i.roles {
			status, text := <-p.status, p.out.String()
			if status != service.ExitFault || !strings.Contains(text, "another major version") ||
				!strings.Contains(text, fmt.Sprintf("sequence %d", forged)) || !strings.Contains(text, "An event of another major version") {
				t.Errorf("%s ended with %d: %s", role, status, text)
			}
		}
	}
	stopped()
	i.launch() // No start mends it.
	stopped()

	// The page, step by step.
	check := append([]string{"check"}, i.stateDirs()...)
	way := regexp.MustCompile(`--without [\d,]+`).FindString(i.log(1, check...))
	if want := fmt.Sprint("--without ", forged); way != want {
		t.Fatalf("the check names %q, want %q", way, want)
	}
	file := filepath.Join(t.TempDir(), "taurus.ndjson")
	i.log(1, "export", file)
	i.remove("TAURUS")
	i.log(0, append([]string{"restore", file}, strings.Fields(way)...)...)
	i.log(0, "create")
	accept := regexp.MustCompile(`accept-loss --from \d+ --to \d+`).FindString(i.log(1, check...))
	if want := fmt.Sprintf("accept-loss --from %d --to %[1]d", forged); accept != want {
		t.Fatalf("the check names %q, want %q", accept, want)
	}
	i.log(0, append(strings.Fields(accept), "--yes", "--reason", "a stranger wrote it")...)
	i.log(0, check...)

	i.launch()
	i.ready()
	i.runs("web", 4)
	now := i.alive()
	for _, id := range alive {
		if !slices.Contains(now, id) {
			t.Errorf("%s ran, and does not; Mesos runs %q", id, now)
		}
	}
	if n := i.dooms(0); n > 0 {
		t.Errorf("%d times tasks were doomed", n)
	}
	if _, err := i.api.Stop(t.Context(), "web", ""); err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "the job has ended", func() bool { return len(i.alive()) == 0 })
	i.stop()
	i.log(0, check...)
}

// remove removes a stream, as an operator does.
func (i *installation) remove(stream string) {
	i.t.Helper()
	nc, err := nats.Connect(i.nats.URL())
	if err != nil {
		i.t.Fatal(err)
	}
	defer nc.Close()
	js, err := natsjs.New(nc)
	if err != nil {
		i.t.Fatal(err)
	}
	if err := js.DeleteStream(i.t.Context(), stream); err != nil {
		i.t.Fatal(err)
	}
}
