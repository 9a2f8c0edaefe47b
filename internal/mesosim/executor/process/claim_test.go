package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

const statTail = " 1 4321 4321 0 -1 4194560 99 0 0 0 0 0 0 0 20 0 1 0 777777 2500000 99 18446744073709551615\n"

func TestParseStat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line string
		want stat
		ok   bool
	}{
		"plain":              {"4321 (sh) S" + statTail, stat{4321, 'S', 4321, 777777}, true},
		"a name of brackets": {"4321 (a) R 9 (b)) Z" + statTail, stat{4321, 'Z', 4321, 777777}, true},
		"empty":              {"", stat{}, false},
		"cut off":            {"4321 (sh) S 1 2 3", stat{}, false},
		"no number":          {"x (sh) S" + statTail, stat{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat(tt.line)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestReadStatOfThisProcess(t *testing.T) {
	t.Parallel()
	s, err := readStat(os.Getpid())
	if err != nil || s.pid != os.Getpid() || s.started == 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("4321 (sh) S" + statTail)
	f.Add("4321 (a) R 9 (b)) Z" + statTail)
	f.Add(")(")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := parseStat(line)
		if err == nil && !strings.Contains(line, string(s.state)) {
			t.Errorf("state %c is not in %q", s.state, line)
		}
		if err != nil && s != (stat{}) {
			t.Errorf("got %+v with an error", s)
		}
	})
}

func TestExitOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]lifecycle.Exit{
		0:   {},
		1:   {Code: 1},
		127: {Code: 127},
		128: {Code: 128},
		137: {Code: 137, Signal: "Killed"},
		139: {Code: 139, Signal: "Segmentation fault"},
		143: {Code: 143, Signal: "Terminated"},
		255: {Code: 255},
	} {
		if got := exitOf(code); got != want {
			t.Errorf("exitOf(%d) = %+v, want %+v", code, got, want)
		}
	}
}

// A pid that another process has by now is not taken for the script's.
func TestClaimOfAPidInUseAgain(t *testing.T) {
	t.Parallel()
	me, err := readStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	bootID, err := os.ReadFile(bootIDFile)
	if err != nil {
		t.Fatal(err)
	}
	boot := strings.TrimSpace(string(bootID))
	later, elsewhere := me, me
	later.started++
	for name, tt := range map[string]struct {
		claim claim
		alive bool
	}{
		"this process":  {claim{stat: me, bootID: boot}, true},
		"started later": {claim{stat: later, bootID: boot}, false},
		"another boot":  {claim{stat: elsewhere, bootID: "another"}, false},
		"gone":          {claim{stat: stat{pid: 1 << 22}, bootID: boot}, false},
	} {
		if alive, err := tt.claim.alive(); alive != tt.alive || err != nil {
			t.Errorf("%s: alive is %v, %v, want %v", name, alive, err, tt.alive)
		}
	}
}

// The agent died after it started the script and before anything was noted: the
// next one starts another script.
func TestStartTwiceRunsOnce(t *testing.T) {
	t.Parallel()
	d := &driver{opts: Options{StateDir: t.TempDir()}}
	text := "echo begun; read line <gate"
	task := executor.Task{
		Info: mesos.TaskInfo{Command: &mesos.CommandInfo{Value: &text}},
		Run:  executor.Run{ContainerID: "c", Sandbox: t.TempDir()},
	}
	gate := filepath.Join(task.Run.Sandbox, "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	var workloads []lifecycle.Workload
	for range 3 {
		w, err := d.Start(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		workloads = append(workloads, w)
	}
	if err := os.WriteFile(gate, []byte("go\n"), 0o600); err != nil { // Blocks until the command reads.
		t.Fatal(err)
	}
	for _, w := range workloads {
		if exit, err := w.Wait(t.Context()); err != nil || exit != (lifecycle.Exit{}) {
			t.Errorf("Wait = %+v, %v", exit, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(task.Run.Sandbox, "stdout"))
	if err != nil || string(b) != "begun\n" {
		t.Errorf("stdout is %q, %v", b, err)
	}
}
