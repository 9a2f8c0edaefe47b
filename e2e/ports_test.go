package e2e_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// part is a process of `taurus dev`, as endpoints.json has it.
type part struct {
	Role    string `json:"role"`
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
	Admin   string `json:"admin_address"`
}

// portRow is a row of the table of ports in docs/operating.md.
type portRow struct {
	setting string
	roles   []string
	answers []string // of the requests that it names, "GET /healthz"
}

var code = regexp.MustCompile("`([^`]+)`")

func quoted(cell string) []string {
	var found []string
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		found = append(found, m[1])
	}
	return found
}

// documentedPorts reads the table that says what a stranger gets.
func documentedPorts(t *testing.T) []portRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| port | of | a stranger who reaches it gets |\n")
	if !found {
		t.Fatal("docs/operating.md has no table of ports")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var rows []portRow
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") {
			continue
		}
		row := portRow{roles: quoted(cells[2])}
		if settings := quoted(cells[1]); len(settings) > 0 {
			row.setting = settings[0]
		}
		for _, q := range quoted(cells[3]) {
			if strings.HasPrefix(q, "GET /") {
				row.answers = append(row.answers, q)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestStrangerOnEachPort: a whole taurus listens on the ports that the docs tell of
// and on no other, so on none for Mesos; and each answers what they say and nothing
// else.
func TestStrangerOnEachPort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the sockets of a process are read from /proc")
	}
	m := &machine{t: t, dir: t.TempDir(), args: []string{"--executor", "simulated"}, http: http.Client{Timeout: testwait.Patience / 3}}
	m.start()
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			m.logs()
		}
	})
	parts := m.parts()
	rows := documentedPorts(t)
	for _, p := range parts {
		want := slices.Compact(slices.Sorted(slices.Values([]string{p.Address, p.Admin})))
		if got := listening(t, p.PID); !slices.Equal(got, want) {
			t.Errorf("%s listens on %v, tells of %v", p.Name, got, want)
		}
		documented := 0
		for _, row := range rows {
			if row.setting != "" && slices.Contains(row.roles, p.Role) {
				documented++
			}
		}
		if documented != len(want) {
			t.Errorf("%s listens on %d ports, docs/operating.md tells of %d", p.Name, len(want), documented)
		}
		for _, address := range want {
			if host, _, err := net.SplitHostPort(address); err != nil || host != "127.0.0.1" {
				t.Errorf("%s listens on %s, beyond this machine", p.Name, address)
			}
		}
	}
	if got := listening(t, m.cmd.Process.Pid); len(got) != 0 {
		t.Errorf("the supervisor listens on %v", got)
	}
	for _, p := range parts {
		t.Run(p.Name, func(t *testing.T) {
			checkAdmin(t, p, rows)
			if p.Role == "api" {
				checkAPI(t, p)
				if status := askAs(t, p.Address, "GET", "/v2/jobs", "evil.example"); status != http.StatusMisdirectedRequest {
					t.Errorf("a page whose name leads here is answered with %d", status)
				}
			}
			for _, address := range slices.Compact([]string{p.Admin, p.Address}) {
				if p.Role != "nats" || address == p.Admin {
					rant(t, address)
				} else {
					checkNATS(t, address)
				}
			}
		})
	}
	// None of that has ended anything.
	for i, p := range m.parts() {
		if p.PID != parts[i].PID {
			t.Errorf("%s had to be started again", p.Name)
		}
		text, err := os.ReadFile(filepath.Join(m.dir, "logs", p.Name+".log"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "panic") {
			t.Errorf("%s panicked", p.Name)
		}
	}
}

func (m *machine) parts() []part {
	m.t.Helper()
	data, err := os.ReadFile(filepath.Join(m.dir, "endpoints.json"))
	if err != nil {
		m.t.Fatal(err)
	}
	var all struct {
		Processes []part `json:"processes"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		m.t.Fatal(err)
	}
	return all.Processes
}

// probes are paths that programs serve things at which are nobody's business.
var probes = []string{
	"/", "/healthz", "/readyz", "/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/varz", "/connz", "/jsz",
	"/api/v1", "/api/v1/scheduler", "/api/v1/executor", "/master/api/v1/scheduler", "/slave(1)/api/v1", "/files/read?path=/", "/state",
	"/config", "/admin", "/env", "/.env", "/.git/config", "/quitquitquit", "/shutdown", "/metrics/", "/healthz/x",
	"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//metrics", "/v2/metrics", "/v2/healthz",
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"}

// checkAdmin wants what the docs say of an admin port, and nothing else.
func checkAdmin(t *testing.T, p part, rows []portRow) {
	t.Helper()
	var want []string
	for _, row := range rows {
		if row.setting == "--admin-listen" && slices.Contains(row.roles, p.Role) {
			want = row.answers
		}
	}
	got := map[string]bool{}
	for _, path := range probes {
		for _, method := range methods {
			if status := ask(t, p.Admin, method, path); status < 300 && method != "HEAD" {
				got[method+" "+path] = true
			}
		}
	}
	if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, slices.Sorted(slices.Values(want))) {
		t.Errorf("the admin port answers %v, docs/operating.md says %v", all, want)
	}
}

// checkAPI wants nothing of a process on the port for users, but for the page.
func checkAPI(t *testing.T, p part) {
	t.Helper()
	for _, path := range probes {
		for _, method := range methods {
			status := ask(t, p.Address, method, path)
			page := path == "/" && slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method)
			if status < 300 != page {
				t.Errorf("%s %s: %d", method, path, status)
			}
		}
	}
}

// ask sends a request as it is, without a client that would tidy it up.
func ask(t *testing.T, address, method, path string) int {
	t.Helper()
	return askAs(t, address, method, path, address)
}

// askAs is ask for another host.
func askAs(t *testing.T, address, method, path, host string) int {
	t.Helper()
	c := dial(t, address)
	defer func() { _ = c.Close() }()
	_, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path, host)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s at %s: %v", method, path, address, err)
	}
	_ = resp.Body.Close()
	// A path that is written otherwise is redirected to what it is, and nowhere else.
	if to := resp.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
		t.Errorf("%s %s at %s: redirected to %q", method, path, address, to)
	}
	return resp.StatusCode
}

// rant sends what is no HTTP, or too much of it. It is answered by an error or by
// the end of the connection.
func rant(t *testing.T, address string) {
	t.Helper()
	for name, text := range map[string]string{
		"TLS":          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 512),
		"NATS":         "CONNECT {\"verbose\":false}\r\nPUB taurus.ev.ctl.launcher.0 2\r\nhi\r\n",
		"HTTP/2":       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"noise":        strings.Repeat("\xff\x00\r\n\r\n", 100),
		"a long head":  "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n",
		"two lengths":  "POST /v2/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
		"a bad length": "POST /v2/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	} {
		c := dial(t, address)
		// It may hang up before it has read all.
		_, _ = io.WriteString(c, text)
		_ = c.(*net.TCPConn).CloseWrite()
		line, err := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if err == nil && !strings.HasPrefix(line, "HTTP/1.1 4") && !strings.HasPrefix(line, "HTTP/1.1 505") {
			t.Errorf("%s at %s: answered %q", name, address, line)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s at %s: no answer and no end", name, address)
		}
	}
}

// checkNATS has a stranger ask NATS for what it holds. It is told who it talks to and
// that it has to say who it is, and then hung up on.
func checkNATS(t *testing.T, address string) {
	t.Helper()
	c := dial(t, address)
	defer c.Close()
	if _, err := io.WriteString(c, "CONNECT {\"verbose\":true}\r\nSUB > 1\r\nPUB $JS.API.STREAM.DELETE.TAURUS 2\r\n{}\r\nPING\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	text := string(answer)
	if errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(text, `"auth_required":true`) || !strings.Contains(text, "-ERR") ||
		strings.Contains(text, "+OK") || strings.Contains(text, "PONG") || strings.Contains(text, "MSG ") {
		t.Errorf("NATS answers %q, %v", text, err)
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, testwait.Patience/3)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(testwait.Patience / 3)); err != nil {
		t.Fatal(err)
	}
	return c
}

// listening are the addresses that a process listens on, by TCP or UDP.
func listening(t *testing.T, pid int) []string {
	t.Helper()
	mine := map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && strings.HasPrefix(to, "socket:[") {
			mine[strings.Trim(to, "socket:[]")] = true
		}
	}
	var found []string
	for table, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue // No IPv6 here.
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != state || !mine[f[9]] {
				continue
			}
			found = append(found, socketAddress(t, f[1]))
		}
	}
	slices.Sort(found)
	return found
}

// socketAddress reads an address of /proc/net: words of four bytes in the order of
// the machine, little-endian ones here, and the port.
func socketAddress(t *testing.T, text string) string {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	ip, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for word := range slices.Chunk(ip, 4) {
		slices.Reverse(word)
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(net.IP(ip).String(), strconv.FormatUint(n, 10))
}
