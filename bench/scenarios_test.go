package bench_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	planner "github.com/milosgajdos/taurus/services/planner/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
)

var (
	scenariosFlag = flag.String("scenarios", "", "which of the scenarios to measure, separated by commas; all of them by \"all\"")
	recordsFlag   = flag.String("records", "100000,1000000", "how many records replay reads, separated by commas")
	churnFlag     = flag.Duration("churn", time.Minute, "how long churn goes on")
	// It is not named json: go test has a flag of that name, and takes it for itself.
	rowsFlag = flag.String("rows", "", "the file that rows are appended to as lines of JSON")
)

// envTaurus makes this program taurus itself, for the services that it starts.
const envTaurus = "TAURUS_BENCH_AS_TAURUS"

func asTaurus() {
	if os.Getenv(envTaurus) != "" {
		os.Exit(cli.NewApp(api.New(), planner.New(), launcher.New(), reaper.New()).Main(os.Args[1:]))
	}
}

func machine(t testing.TB, smoke bool) bench.Machine {
	t.Helper()
	return bench.Machine{
		Smoke: smoke, Say: t.Logf,
		NATS: func(servers int) (string, func()) {
			var urls []string
			list := natstest.StartProcesses(t, servers)
			for _, p := range list {
				urls = append(urls, p.URL())
			}
			return strings.Join(urls, ","), func() {
				for _, p := range list {
					p.Kill()
				}
			}
		},
		Processes: func(nats, master string) *bench.Processes {
			return &bench.Processes{NATS: nats, Master: master, Dir: t.TempDir(), Command: func(ctx context.Context, args ...string) *exec.Cmd {
				cmd := exec.CommandContext(ctx, os.Args[0], args...)
				cmd.Env = append(os.Environ(), envTaurus+"=1")
				cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
				return cmd
			}}
		},
	}
}

// TestScenarios measures those that -scenarios names and prints the table; without, it sees that
// each of them works. Nothing that takes time is held to any.
func TestScenarios(t *testing.T) {
	smoke := *scenariosFlag == ""
	sizes := bench.Sizes{Tasks: *tasksFlag, Churn: *churnFlag}
	for text := range strings.SplitSeq(*recordsFlag, ",") {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatalf("-records %s: %v", *recordsFlag, err)
		}
		sizes.Records = append(sizes.Records, n)
	}
	var mu sync.Mutex
	var rows []bench.Row
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(*scenariosFlag, ",") {
		wanted[name] = true
	}
	for _, s := range bench.Scenarios() {
		if !smoke && !wanted["all"] && !wanted[s.Name] {
			continue
		}
		delete(wanted, s.Name)
		t.Run(s.Name, func(t *testing.T) {
			if smoke {
				t.Parallel()
			}
			some, err := s.Run(t.Context(), machine(t, smoke), sizes)
			mu.Lock()
			rows = append(rows, some...)
			mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			check(t, s.Name, some)
		})
	}
	if smoke {
		return
	}
	for name := range wanted {
		if name != "all" {
			t.Errorf("there is no scenario %s", name)
		}
	}
	fmt.Println()
	if err := bench.WriteTable(os.Stdout, rows); err != nil {
		t.Error(err)
	}
	if *rowsFlag != "" {
		appendJSON(t, *rowsFlag, rows)
	}
}

// check wants figures that can be one.
func check(t *testing.T, scenario string, rows []bench.Row) {
	t.Helper()
	if len(rows) == 0 {
		t.Error("no row")
	}
	for _, r := range rows {
		if r.Scenario != scenario || r.What == "" || r.Unit == "" || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			t.Errorf("%+v", r)
		}
		if r.Unit != "B" && r.Value <= 0 || r.Limit != "" && (r.LimitValue <= 0 || r.Ratio <= 0) {
			t.Errorf("%+v", r)
		}
	}
}

func appendJSON(t *testing.T, name string, rows []bench.Row) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := bench.WriteJSON(f, rows); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
