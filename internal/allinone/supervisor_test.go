package allinone_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// stage is a supervisor under test, and what it told.
type stage struct {
	*allinone.Supervisor
	data, diary string

	mu   sync.Mutex
	told []allinone.Notice
}

func open(t *testing.T, data string, change func(*allinone.Options)) *stage {
	t.Helper()
	s := &stage{data: data, diary: filepath.Join(data, "diary")}
	opts := allinone.Options{
		Data: data, Executable: self(t),
		Env: append(os.Environ(), childMode+"=1"),
		Backoff: allinone.Backoff{
			Wait: backoff.Wait{First: time.Millisecond, Max: time.Millisecond}, Reset: time.Hour,
		},
		StopGrace: testwait.Patience, ReadyTimeout: testwait.Patience,
		Notify: func(n allinone.Notice) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, n)
		},
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if s.Supervisor, err = allinone.Open(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	return s
}

func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func (s *stage) up(t *testing.T, programs ...allinone.Program) {
	t.Helper()
	if err := s.Up(t.Context(), programs...); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) close(t *testing.T) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// notices returns what was told of a kind.
func (s *stage) notices(kind allinone.Kind) []allinone.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []allinone.Notice
	for _, n := range s.told {
		if n.Kind == kind {
			of = append(of, n)
		}
	}
	return of
}

func itoa(n int) string { return strconv.Itoa(n) }

func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestStagesComeUpInOrderAndGoInReverse(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	s.up(t, program("nats", "nats", s.diary))
	s.up(t, program("planner", "planner-1", s.diary), program("api", "api-1", s.diary))
	e, err := s.Publish()
	if err != nil {
		t.Fatal(err)
	}
	if len(e.API) != 1 || len(e.Processes) != 3 || e.PID != os.Getpid() || !strings.HasPrefix(e.NATS, "nats://127.0.0.1:") {
		t.Errorf("endpoints: %+v", e)
	}
	read, running := allinone.ReadEndpoints(s.data)
	if !running || read.NATS != e.NATS || !slices.Equal(read.Processes, e.Processes) {
		t.Errorf("endpoints.json: %+v (running %v), want %+v", read, running, e)
	}
	for _, p := range e.Processes {
		if p.Address == "" || p.Role == "planner" && p.Address != p.Admin {
			t.Errorf("%s has the address %q", p.Name, p.Address)
		}
	}
	s.close(t)
	if _, running := allinone.ReadEndpoints(s.data); running {
		t.Error("endpoints.json outlives its supervisor")
	}
	diary := lines(t, s.diary)
	address := strings.TrimPrefix(e.NATS, "nats://")
	slices.Sort(diary[1:3])
	if diary[0] != "+nats knows " || diary[1] != "+api-1 knows "+address || diary[2] != "+planner-1 knows "+address {
		t.Errorf("started: %q", diary[:3])
	}
	if diary[5] != "-nats" {
		t.Errorf("stopped: %q", diary[3:])
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestAKilledProcessIsStartedAgainAtItsAddress(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	defer s.close(t)
	s.up(t, program("planner", "planner-1", s.diary))
	published, err := s.Publish()
	if err != nil {
		t.Fatal(err)
	}
	before := published.Processes[0]
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var after allinone.Running
	testwait.Until(t, "endpoints.json names the new process as ready", func() bool {
		e, _ := allinone.ReadEndpoints(s.data)
		if len(e.Processes) == 1 {
			after = e.Processes[0]
		}
		return after.PID != before.PID && after.Ready
	})
	if after.Address != before.Address || after.Admin != before.Admin {
		t.Errorf("addresses: %+v, were %+v", after, before)
	}
	told := s.notices(allinone.Restarted)
	if len(told) != 1 {
		t.Fatalf("told %v, want one restart", told)
	}
	testwait.Until(t, "it is told that it is ready again", func() bool {
		again := s.notices(allinone.Again)
		return len(again) == 1 && again[0].String() == "planner-1 (pid "+itoa(after.PID)+") is ready again"
	})
	want := regexp.MustCompile(`^planner-1 \(pid ` + itoa(before.PID) + `\) died: killed; started again as pid ` + itoa(after.PID) + `$`)
	if !want.MatchString(told[0].String()) {
		t.Errorf("told %q", told[0])
	}
}

// quick is care that tests can wait for.
func quick(o *allinone.Options) {
	o.Care = allinone.Care{
		LookEvery: 5 * time.Millisecond, Pause: backoff.Wait{First: 100 * time.Millisecond, Max: 100 * time.Millisecond}, Settled: time.Hour,
	}
}

// fall makes a child answer a question with 503 and a text.
func (s *stage) fall(t *testing.T, name, question, text string) {
	t.Helper()
	if err := os.WriteFile(illness(s.diary, name, question), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) heal(t *testing.T, name, question string) {
	t.Helper()
	if err := os.Remove(illness(s.diary, name, question)); err != nil {
		t.Fatal(err)
	}
}

const (
	hangs = `{"ready":false,"checks":[{"check":"room","level":"warn"},{"check":"append","level":"fail","detail":"an append hangs","restart":true}]}`
	waits = `{"ready":false,"checks":[{"check":"mesos","level":"fail","detail":"no master"},{"check":"read","level":"ok","restart":true}]}`
)

// TestAProcessThatIsStuckIsStartedAgain: one that is not alive, or says that this may
// mend it; not one that waits for another, as all others do while NATS is not able.
func TestAProcessThatIsStuckIsStartedAgain(t *testing.T) {
	s := open(t, t.TempDir(), quick)
	defer s.close(t)
	s.up(t, program("nats", "nats", s.diary))
	s.up(t, program("planner", "stuck", s.diary), program("planner", "dead", s.diary), program("planner", "waiting", s.diary))
	ready := func() (ready []string) {
		for _, p := range s.Processes() {
			if p.Ready {
				ready = append(ready, p.Name)
			}
		}
		return ready
	}
	replaced := func(name string) (n int) {
		for _, told := range s.notices(allinone.Replaced) {
			if told.Name == name {
				n++
			}
		}
		return n
	}
	s.fall(t, "nats", "readyz", waits)
	testwait.Until(t, "NATS is known to be unable", func() bool { return !slices.Contains(ready(), "nats") })
	s.fall(t, "waiting", "readyz", waits)
	s.fall(t, "stuck", "readyz", hangs)
	testwait.Until(t, "others are known to be", func() bool { return slices.Equal(ready(), []string{"dead"}) })
	s.fall(t, "dead", "healthz", "not alive: the loop stands still")
	testwait.Until(t, "what is not alive is started again", func() bool { return replaced("dead") > 0 })
	if replaced("stuck") != 0 {
		t.Fatalf("while NATS is unable: %v", s.notices(allinone.Replaced))
	}
	s.heal(t, "nats", "readyz")
	testwait.Until(t, "what is stuck is started again, and again", func() bool { return replaced("stuck") > 1 && replaced("dead") > 1 })
	s.heal(t, "stuck", "readyz")
	s.heal(t, "dead", "healthz")
	testwait.Until(t, "they are ready again", func() bool { return slices.Equal(ready(), []string{"nats", "stuck", "dead"}) })
	for name, why := range map[string]string{"stuck": "an append hangs", "dead": "not alive: the loop stands still"} {
		i := slices.IndexFunc(s.notices(allinone.Replaced), func(n allinone.Notice) bool { return n.Name == name })
		text := s.notices(allinone.Replaced)[i].String()
		want := regexp.MustCompile(`^` + name + ` \(pid \d+\) was ended, as another start may mend it: unable for [0-9.]+m?s: ` + why + `; started again as pid \d+$`)
		if !want.MatchString(text) {
			t.Errorf("told %q", text)
		}
	}
	if replaced("waiting") != 0 || replaced("nats") != 0 {
		t.Errorf("told %v", s.notices(allinone.Replaced))
	}
	if died := s.notices(allinone.Restarted); len(died) != 0 {
		t.Errorf("told %v", died)
	}
	s.fall(t, "nats", "readyz", hangs)
	testwait.Until(t, "NATS is started again", func() bool { return replaced("nats") > 0 })
}

func TestAProgramThatFailsSaysWhy(t *testing.T) {
	data := t.TempDir()
	logs := filepath.Join(data, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(logs, "planner-1.log"), []byte("of a former run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, data, nil)
	defer s.close(t)
	err := s.Up(t.Context(), allinone.Program{
		Role: "planner", Name: "planner-1", Args: func(allinone.Seats) []string { return []string{"fail"} },
	})
	var notReady *allinone.NotReadyError
	if !errors.As(err, &notReady) || !errors.Is(err, allinone.ErrNotReady) {
		t.Fatalf("error %v, want NotReadyError", err)
	}
	if notReady.Name != "planner-1" || !strings.Contains(err.Error(), "exit status 1") ||
		!strings.Contains(err.Error(), notReady.Log) {
		t.Errorf("error %q", err)
	}
	// What a log entry calls its error is told without the rest of it, once though
	// every attempt says so, and nothing of former runs.
	if want := []string{"warming up", "the flux is not calibrated"}; !slices.Equal(notReady.Tail, want) ||
		strings.Count(err.Error(), "exit status") != 1 || strings.Contains(err.Error(), "former") {
		t.Errorf("tail %q of %q, want %q", notReady.Tail, err, want)
	}
	// Why it dies is told when it does, and not again while it stays the same.
	var why []string
	for _, told := range s.notices(allinone.Restarted) {
		why = append(why, told.Why)
	}
	if want := []string{"exit status 1: the flux is not calibrated", "exit status 1"}; len(why) < 2 || !slices.Equal(why[:2], want) {
		t.Errorf("told %q, want %q", why, want)
	}
}

func TestAProgramThatNeverAnnouncesTimesOut(t *testing.T) {
	s := open(t, t.TempDir(), func(o *allinone.Options) { o.ReadyTimeout = 200 * time.Millisecond })
	defer s.close(t)
	err := s.Up(t.Context(), allinone.Program{
		Role: "planner", Name: "planner-1", Args: func(allinone.Seats) []string { return []string{"mute"} },
	})
	if !errors.Is(err, allinone.ErrNotReady) || !strings.Contains(err.Error(), "waited 200ms") {
		t.Errorf("error %v", err)
	}
}

func TestAStubbornProcessIsKilled(t *testing.T) {
	s := open(t, t.TempDir(), func(o *allinone.Options) { o.StopGrace = 50 * time.Millisecond })
	s.up(t, program("planner", "stubborn", s.diary))
	pid := s.Processes()[0].PID
	s.close(t)
	if alive(pid) {
		t.Errorf("pid %d lives on", pid)
	}
}

func TestTwoSupervisorsDoNotShareADirectory(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	defer s.close(t)
	_, err := allinone.Open(t.Context(), allinone.Options{Data: s.data, Executable: self(t)})
	var inUse *allinone.InUseError
	if !errors.As(err, &inUse) || !errors.Is(err, allinone.ErrInUse) {
		t.Fatalf("error %v, want InUseError", err)
	}
	if inUse.PID != os.Getpid() || !strings.Contains(err.Error(), "--data") {
		t.Errorf("error %q", err)
	}
}

func TestTheNextRunUsesTheSameAddresses(t *testing.T) {
	data := t.TempDir()
	var was allinone.Running
	for run := range 2 {
		s := open(t, data, nil)
		s.up(t, program("planner", "planner-1", s.diary))
		is := s.Processes()[0]
		s.close(t)
		if run == 1 && (is.Address != was.Address || is.Admin != was.Admin) {
			t.Errorf("second run: %+v, first: %+v", is, was)
		}
		was = is
	}
}

func TestNothingOutlivesAKilledSupervisor(t *testing.T) {
	data := t.TempDir()
	cmd := exec.CommandContext(t.Context(), self(t), "supervise", data)
	cmd.Env = append(os.Environ(), childMode+"=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var e allinone.Endpoints
	testwait.Until(t, "the supervisor is ready", func() bool {
		var running bool
		e, running = allinone.ReadEndpoints(data)
		return running
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the supervisor ended well")
	}
	testwait.Until(t, "its process is gone", func() bool { return !alive(e.Processes[0].PID) })
	if _, running := allinone.ReadEndpoints(data); running {
		t.Error("endpoints.json counts although its supervisor is gone")
	}
	open(t, data, nil).close(t)
}
