package command_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/command"
	"github.com/milosgajdos/taurus/internal/mesosim/fault"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// runCluster runs mesosim cluster until the test is over, and returns its address.
func runCluster(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	cmd := command.New()
	cmd.SetArgs(append([]string{"cluster", "--port", "0", "--work_dir", t.TempDir(), "--logging_level", "error", "--executor", "simulated"}, args...))
	cmd.SetOut(in)
	done := make(chan error, 1)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("mesosim cluster ended by %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// agents counts the agents that are connected.
func agents(t *testing.T, base string) int {
	t.Helper()
	_, text := request(t, http.MethodPost, base+"/api/v1", `{"type":"GET_AGENTS"}`)
	return strings.Count(text, `"active":true`)
}

// The faults of a cluster are set over HTTP, agents killed and started too.
func TestClusterFaults(t *testing.T) {
	for name, args := range map[string][]string{
		"on disk":   {"--faults", "--agents", "2"},
		"ephemeral": {"--faults", "--agents", "2", "--ephemeral"},
	} {
		t.Run(name, func(t *testing.T) {
			base := "http://" + runCluster(t, args...)
			testwait.Until(t, "two agents", func() bool { return agents(t, base) == 2 })
			if code, text := request(t, http.MethodPost, base+fault.Path, `{"agent":"*-1","action":"kill"}`); code != http.StatusOK {
				t.Fatalf("kill: %d %s", code, text)
			}
			testwait.Until(t, "one agent", func() bool { return agents(t, base) == 1 })
			if code, text := request(t, http.MethodPost, base+fault.Path, `{"agent":"*-1","action":"start"}`); code != http.StatusOK {
				t.Fatalf("start: %d %s", code, text)
			}
			testwait.Until(t, "two agents again", func() bool { return agents(t, base) == 2 })
		})
	}
}

// A call that is lost breaks its connection; the API of the faults is not struck.
func TestLostCall(t *testing.T) {
	base := "http://" + runCluster(t, "--faults", "--agents", "0")
	if code, text := request(t, http.MethodPost, base+fault.Path, `{"call":"*","action":"lose_before","times":1}`); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/scheduler",
		strings.NewReader(`{"type":"REVIVE","framework_id":{"value":"f"}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); !errors.Is(err, io.EOF) {
		if err == nil {
			_ = res.Body.Close()
		}
		t.Errorf("a lost call returned %v", err)
	}
	if code, text := request(t, http.MethodGet, base+fault.Path, ""); code != http.StatusOK || strings.Contains(text, "lose_before") {
		t.Errorf("%d %s, want no rules left", code, text)
	}
}

// Without --faults there is nothing to switch.
func TestNoFaults(t *testing.T) {
	base := "http://" + runCluster(t, "--agents", "0")
	if code, _ := request(t, http.MethodGet, base+fault.Path, ""); code != http.StatusNotFound {
		t.Errorf("answered %d", code)
	}
}

// An agent that is cut off over HTTP is missed, and is there again once the rule
// is gone; it goes by its address.
func TestPartition(t *testing.T) {
	base := "http://" + runCluster(t, "--faults", "--agents", "1")
	testwait.Until(t, "one agent", func() bool { return agents(t, base) == 1 })
	_, text := request(t, http.MethodPost, base+"/api/v1", `{"type":"GET_AGENTS"}`)
	var list struct {
		Agents struct {
			Agents []struct {
				PID string `json:"pid"`
			} `json:"agents"`
		} `json:"get_agents"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Agents.Agents) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	_, addr, _ := strings.Cut(list.Agents.Agents[0].PID, "@")
	// An agent that is killed has no session; one that is cut off cannot get one.
	for _, rule := range []string{
		`{"agent":"` + addr + `","action":"partition"}`, `{"agent":"` + addr + `","action":"kill"}`, `{"agent":"` + addr + `","action":"start"}`,
	} {
		if code, text := request(t, http.MethodPost, base+fault.Path, rule); code != http.StatusOK {
			t.Fatalf("%s: %d %s", rule, code, text)
		}
	}
	testwait.Until(t, "no agent", func() bool { return agents(t, base) == 0 })
	if code, text := request(t, http.MethodDelete, base+fault.Path, ""); code != http.StatusNoContent {
		t.Fatalf("%d %s", code, text)
	}
	testwait.Until(t, "the agent again", func() bool { return agents(t, base) == 1 })
}
