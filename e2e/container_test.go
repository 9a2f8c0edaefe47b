package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// output runs a batch job of one task and gives what it printed.
func (m *machine) output(job, group string) string {
	m.t.Helper()
	path, err := program()
	if err != nil {
		m.t.Fatal(err)
	}
	file := filepath.Join(m.t.TempDir(), job+".json")
	document := fmt.Sprintf(`{"id":%q,"kind":"batch","tasks":[{"replicas":1,"resources":{"cpu":0.1,"memory":32},"restart":{"attempts":1},%s}]}`, job, group)
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		m.t.Fatal(err)
	}
	e, err := m.endpoints()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, args := range [][]string{{"run", file, "--wait", "--timeout", "2m"}, {"logs", job}} {
		out, err := exec.Command(path, append(args, "--api", e.API[0])...).Output()
		if err != nil {
			m.t.Fatalf("taurus %s: %v", strings.Join(args, " "), err)
		}
		if args[0] == "logs" {
			return string(out)
		}
	}
	return ""
}

// TestWhatAContainerGets: its variables, its ports and its volumes are those of the job
// file, in Docker and out of it.
func TestWhatAContainerGets(t *testing.T) {
	m := newMachine(t, "--agents", "1", "--executor", "auto")

	t.Run("the user's variables win, but for taurus' own", func(t *testing.T) {
		got := strings.Fields(m.output("env", fmt.Sprintf(`"container":{"image":%q,"network":"bridge","command":"busybox env"},
			"ports":[{"name":"my-http","container":3000},{"name":"rpc.v2","container":9000}],
			"env":{"PORT":"3000","HOST":"0.0.0.0","PORT0":"7","PORTS":"x","PORT_3000":"y","TAURUS_JOB":"forged"}`, image)))
		for _, want := range []string{
			"PORT=3000", "HOST=0.0.0.0", "PORT0=7", "PORTS=x", "PORT_3000=y", "TAURUS_JOB=env", "TAURUS_GROUP=task", "TAURUS_SLOT=0",
			"TAURUS_INDEX=0", "TAURUS_VERSION=1", "TAURUS_ATTEMPT=1", "MESOS_SANDBOX=/mnt/mesos/sandbox",
		} {
			if !slices.Contains(got, want) {
				t.Errorf("no %s in %q", want, got)
			}
		}
	})

	t.Run("one port of the host is for tcp and udp", func(t *testing.T) {
		const ports = `"ports":[{"name":"dns","container":53,"host":31507,"protocol":"udp"},{"name":"dnst","container":53,"host":31507}]`
		if got := m.output("dns", fmt.Sprintf(`"container":{"image":%q,"command":"echo $PORT0 $PORT1 $PORTS"},%s`, image, ports)); got != "31507 31507 31507,31507\n" {
			t.Errorf("printed %q", got)
		}
		body := fmt.Sprintf(`{"id":"dns-up","tasks":[{"replicas":1,"kill_grace":"1s","resources":{"cpu":0.1,"memory":32},"container":{"image":%q,"command":"exec sleep 600"},%s}]}`, image, ports)
		if status, err := m.call(http.MethodPost, "/v2/jobs", body, nil); err != nil || status != http.StatusCreated {
			t.Fatalf("status %d, %v", status, err)
		}
		m.running("dns-up", 1)
		published := docker(t, "port", m.containers("dns-up")[0])
		for _, want := range []string{"53/tcp", "53/udp", "0.0.0.0:31507"} {
			if !slices.Contains(published, want) {
				t.Errorf("no %s in %q", want, published)
			}
		}
		m.stopJob("dns-up")
		m.gone("dns-up")
	})

	t.Run("a volume cannot be written that is to be read-only", func(t *testing.T) {
		dir := t.TempDir()
		for job, volume := range map[string]string{
			"mesos":  fmt.Sprintf(`"volumes":[{"container_path":"/v","host_path":%q,"mode":"RO"}]`, dir),
			"docker": fmt.Sprintf(`"parameters":[{"key":"volume","value":%q}]`, dir+":/v:ro,z"),
		} {
			if got := m.output("ro-"+job, fmt.Sprintf(`"container":{"image":%q,"command":"busybox touch /v/x 2>/dev/null; echo t=$?",%s}`, image, volume)); got != "t=1\n" {
				t.Errorf("%s: %q", job, got)
			}
		}
	})

	t.Run("a command needs no image", func(t *testing.T) {
		got := m.output("command", `"container":{"containerizer":"mesos","command":"echo $TAURUS_JOB $PORT $PORT_HTTP $(pwd)"},"ports":[{"name":"http"}]`)
		words := strings.Fields(got)
		if len(words) != 4 || words[0] != "command" || words[1] != words[2] || !strings.HasPrefix(words[3], m.dir) {
			t.Errorf("printed %q", got)
		}
	})
}
