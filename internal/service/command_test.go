package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/service"
)

var update = flag.Bool("update", false, "write the golden files anew")

// role is a runner that the test holds the strings of.
type role struct {
	run   func(ctx context.Context) error
	ready func() error
	addr  string
}

func (r *role) Run(ctx context.Context) error { return r.run(ctx) }

func (r *role) Ready() error {
	if r.ready == nil {
		return nil
	}
	return r.ready()
}

// listening is a role with an address of its own.
type listening struct{ *role }

func (l listening) Addr() string { return l.addr }

func untilStopped(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// output is a log that may be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a command under way.
type process struct {
	t      *testing.T
	out    *output
	file   string
	stop   context.CancelFunc
	status chan int
}

func start(t *testing.T, build service.Build, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	p := &process{t: t, out: &output{}, file: filepath.Join(t.TempDir(), "announce.json"), stop: cancel, status: make(chan int, 1)}
	cmd := command(build)
	cmd.SetErr(p.out)
	cmd.SetArgs(append([]string{"--admin-listen=127.0.0.1:0", "--log-format=json", "--name=one", "--announce=" + p.file}, args...))
	go func() { p.status <- service.Execute(ctx, cmd) }()
	return p
}

func command(build service.Build) *cobra.Command {
	return service.Command(service.Definition{Role: "planner", Short: "Plan", Long: "The planner plans.", AdminPort: 8082, Build: build})
}

// announced waits for the announcement, or for the end of the process.
func (p *process) announced() service.Announcement {
	p.t.Helper()
	for {
		a, err := service.ReadAnnouncement(p.file)
		if err == nil {
			return a
		}
		select {
		case status := <-p.status:
			p.t.Fatalf("ended with %d before it announced itself: %s", status, p.out)
		default:
		}
	}
}

// lines decodes the log.
func (p *process) lines() (lines []map[string]any) {
	p.t.Helper()
	for line := range strings.Lines(p.out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			p.t.Fatalf("%q is no line of JSON: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}

func building(r service.Runner) service.Build {
	return func(context.Context, *service.Env) (service.Runner, error) { return r, nil }
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestProcessLife(t *testing.T) {
	var order []string
	why := errors.New("still replaying the log")
	var mu sync.Mutex
	reason := why
	r := listening{&role{run: untilStopped, addr: "127.0.0.1:8080", ready: func() error {
		mu.Lock()
		defer mu.Unlock()
		return reason
	}}}
	p := start(t, func(_ context.Context, env *service.Env) (service.Runner, error) {
		env.Tell("nats", "nats://here")
		for _, what := range []string{"first", "second"} {
			env.OnStop(what, func() error {
				order = append(order, what)
				return nil
			})
		}
		env.Metrics.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "taurus_test_total", Help: "Counts."}))
		return r, nil
	})
	a := p.announced()
	if a.Role != "planner" || a.Name != "one" || a.PID != os.Getpid() || a.Address != "127.0.0.1:8080" {
		t.Errorf("announced %+v", a)
	}
	base := "http://" + a.AdminAddress

	if status, body := get(t, base+"/healthz"); status != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	if status, body := get(t, base+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, why.Error()) {
		t.Errorf("/readyz: %d %q, want 503 and why", status, body)
	}
	mu.Lock()
	reason = nil
	mu.Unlock()
	if status, body := get(t, base+"/readyz"); status != http.StatusOK || body != "ready\n" {
		t.Errorf("/readyz: %d %q", status, body)
	}
	status, metrics := get(t, base+"/metrics")
	for _, want := range []string{"taurus_test_total 0", "go_goroutines ", "process_cpu_seconds_total ", "go_build_info{"} {
		if status != http.StatusOK || !strings.Contains(metrics, want) {
			t.Errorf("/metrics: %d, lacks %q", status, want)
		}
	}

	p.stop()
	if status := <-p.status; status != service.ExitOK {
		t.Errorf("exit status %d: %s", status, p.out)
	}
	if got := strings.Join(order, " "); got != "second first" {
		t.Errorf("cleaned up in order %q", got)
	}
	lines := p.lines()
	if len(lines) != 2 {
		t.Fatalf("log has %d lines, want one at the start and one at the end: %s", len(lines), p.out)
	}
	for _, key := range []string{"time", "level", "role", "name", "version", "pid", "admin_address", "address", "nats"} {
		if lines[0][key] == nil {
			t.Errorf("the first line lacks %s: %v", key, lines[0])
		}
	}
	if lines[0]["message"] != "started" || lines[1]["message"] != "stopped" {
		t.Errorf("log says %v, %v", lines[0]["message"], lines[1]["message"])
	}
	if _, err := net.Dial("tcp", a.AdminAddress); err == nil {
		t.Error("the admin server outlives the process")
	}
}

func TestExitStatus(t *testing.T) {
	fault := errors.New("the log has a gap")
	never := func(context.Context, *service.Env) (service.Runner, error) {
		t.Error("built though it was refused")
		return nil, fault
	}
	failing := func(err error) service.Build {
		return func(context.Context, *service.Env) (service.Runner, error) { return nil, err }
	}
	for name, tc := range map[string]struct {
		build  service.Build
		args   []string
		status int
		says   string
	}{
		"fault while running": {
			build:  building(&role{run: func(context.Context) error { return fault }}),
			status: service.ExitFault, says: fault.Error(),
		},
		"ended by itself": {
			build:  building(&role{run: func(context.Context) error { return nil }}),
			status: service.ExitFault, says: service.ErrEnded.Error(),
		},
		"fault while building":  {build: failing(fault), status: service.ExitFault, says: fault.Error()},
		"settings do not fit":   {build: failing(fmt.Errorf("%w: 3 replicas", service.ErrUsage)), status: service.ExitUsage, says: "3 replicas"},
		"NATS not there":        {build: failing(fmt.Errorf("%w: nothing there", service.ErrUnreachable)), status: service.ExitUnreachable, says: "nothing there"},
		"unknown flag":          {build: never, args: []string{"--nope"}, status: service.ExitUsage, says: "--nope"},
		"stray argument":        {build: never, args: []string{"stray"}, status: service.ExitUsage, says: `"stray"`},
		"value of a flag":       {build: never, args: []string{"--start-timeout=soon"}, status: service.ExitUsage, says: "start-timeout"},
		"no time to start":      {build: never, args: []string{"--start-timeout=0s"}, status: service.ExitUsage, says: "start-timeout"},
		"no time to stop":       {build: never, args: []string{"--stop-timeout=-1s"}, status: service.ExitUsage, says: "stop-timeout"},
		"level":                 {build: never, args: []string{"--log-level=loud"}, status: service.ExitUsage, says: "debug, info"},
		"format":                {build: never, args: []string{"--log-format=xml"}, status: service.ExitUsage, says: "json, console"},
		"name":                  {build: never, args: []string{"--name=a b"}, status: service.ExitUsage, says: "letters, digits"},
		"long name":             {build: never, args: []string{"--name=" + strings.Repeat("x", service.NameMax+1)}, status: service.ExitUsage, says: "letters, digits"},
		"admin address":         {build: never, args: []string{"--admin-listen=nowhere"}, status: service.ExitUsage, says: "host:port"},
		"admin for others":      {build: never, args: []string{"--admin-listen=0.0.0.0:0"}, status: service.ExitUsage, says: "accept that by --insecure-admin-listen"},
		"admin for all":         {build: never, args: []string{"--admin-listen=:0"}, status: service.ExitUsage, says: "other machines reach it there"},
		"pprof address":         {build: never, args: []string{"--pprof=nowhere"}, status: service.ExitUsage, says: "host:port"},
		"pprof for others":      {build: never, args: []string{"--pprof=0.0.0.0:0"}, status: service.ExitUsage, says: "accept that by --insecure-pprof"},
		"pprof and metrics":     {build: never, args: []string{"--pprof=:0", "--insecure-admin-listen"}, status: service.ExitUsage, says: "accept that by --insecure-pprof"},
		"admin and pprof":       {build: never, args: []string{"--pprof=:0", "--admin-listen=nowhere"}, status: service.ExitUsage, says: "setting pprof"},
		"several at once":       {build: never, args: []string{"--log-level=loud", "--log-format=xml"}, status: service.ExitUsage, says: "log-format"},
		"announcement's folder": {build: building(&role{run: untilStopped}), args: []string{"--announce=/nowhere/at/all"}, status: service.ExitFault, says: "announce"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, tc.build, tc.args...)
			if status := <-p.status; status != tc.status {
				t.Errorf("exit status %d, want %d: %s", status, tc.status, p.out)
			}
			if !strings.Contains(p.out.String(), tc.says) {
				t.Errorf("says %s, want %q in it", p.out, tc.says)
			}
		})
	}
}

// TestOthersReachHealthIfTold: only then.
func TestOthersReachHealthIfTold(t *testing.T) {
	p := start(t, building(&role{run: untilStopped}), "--admin-listen=0.0.0.0:0", "--insecure-admin-listen")
	if _, port, err := net.SplitHostPort(p.announced().AdminAddress); err != nil || port == "0" {
		t.Errorf("listens on %q, %v", port, err)
	}
	p.stop()
	<-p.status
}

// TestHealthIsNoStrangersPage: a name that somebody else gives out may lead to this machine,
// and its page is told nothing; of an address that others reach it is as they call it.
func TestHealthIsNoStrangersPage(t *testing.T) {
	for listen, stranger := range map[string]int{"127.0.0.1:0": http.StatusMisdirectedRequest, "0.0.0.0:0": http.StatusOK} {
		p := start(t, building(&role{run: untilStopped}), "--admin-listen="+listen, "--insecure-admin-listen")
		_, port, err := net.SplitHostPort(p.announced().AdminAddress)
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range map[string]int{
			"127.0.0.1:" + port: 200, "localhost": 200, "LOCALHOST.:" + port: 200, "[::1]": 200,
			"evil.example": stranger, "localhost.evil.example:" + port: stranger, "127.0.0.1.evil.example": stranger,
		} {
			for _, path := range []string{"/healthz", "/metrics", "/readyz"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				req.Host = host
				client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("%s: %s of %q: %d, want %d", listen, path, host, resp.StatusCode, want)
				}
				for _, name := range []string{"Cache-Control", "Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"} {
					if len(resp.Header.Values(name)) != 1 {
						t.Errorf("%s of %q: %s is %q", path, host, name, resp.Header.Values(name))
					}
				}
			}
		}
		p.stop()
		<-p.status
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "localhost:80": true, "LOCALHOST:80": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "10.0.0.1:80": false, "example.com:80": false, "localhost.example.com:80": false, "127.0.0.1": false,
		"": false, "[fe80::1%lo]:80": false,
	} {
		if got := service.Loopback(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func TestAdminAddressTaken(t *testing.T) {
	first := start(t, building(&role{run: untilStopped}))
	taken := first.announced().AdminAddress
	second := start(t, building(&role{run: untilStopped}), "--admin-listen="+taken)
	if status := <-second.status; status != service.ExitFault {
		t.Errorf("exit status %d", status)
	}
	if says := second.out.String(); !strings.Contains(says, taken) || !strings.Contains(says, "--admin-listen") {
		t.Errorf("says %s, want the address and the setting", says)
	}
	first.stop()
	<-first.status
}

func TestStopWhileStarting(t *testing.T) {
	building := make(chan string, 1)
	p := start(t, func(ctx context.Context, env *service.Env) (service.Runner, error) {
		building <- env.Process.Announce
		<-ctx.Done()
		return nil, fmt.Errorf("waiting for NATS: %w", ctx.Err())
	})
	<-building
	p.stop()
	if status := <-p.status; status != service.ExitOK {
		t.Errorf("exit status %d, want 0: it was asked to stop: %s", status, p.out)
	}
	if _, err := service.ReadAnnouncement(p.file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("announced though it never started: %v", err)
	}
}

func TestLivesWhileStarting(t *testing.T) {
	address := make(chan string, 1)
	p := start(t, func(ctx context.Context, _ *service.Env) (service.Runner, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, "--admin-listen="+free(t, address))
	base := "http://" + <-address
	for service.Health(t.Context(), base) != nil {
		select {
		case status := <-p.status:
			t.Fatalf("ended with %d: %s", status, p.out)
		default:
		}
	}
	if status, body := get(t, base+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, service.ErrStarting.Error()) {
		t.Errorf("/readyz while starting: %d %q", status, body)
	}
	p.stop()
	<-p.status
}

func free(t *testing.T, tell chan<- string) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	tell <- l.Addr().String()
	return l.Addr().String()
}

func TestStopIsBounded(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	p := start(t, building(&role{run: func(context.Context) error {
		<-release
		return nil
	}}), "--stop-timeout=1ms")
	p.announced()
	p.stop()
	if status := <-p.status; status != service.ExitFault {
		t.Errorf("exit status %d", status)
	}
	if !strings.Contains(p.out.String(), service.ErrStopTimeout.Error()) {
		t.Errorf("says %s", p.out)
	}
}

func TestCancelledBeforeTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := command(building(&role{run: untilStopped}))
	cmd.SetErr(io.Discard)
	cmd.SetArgs([]string{"--admin-listen=127.0.0.1:0"})
	if status := service.Execute(ctx, cmd); status != service.ExitOK {
		t.Errorf("exit status %d", status)
	}
}

// TestUnderAParent is `taurus serve planner`: errors name the way there.
func TestUnderAParent(t *testing.T) {
	child := command(building(&role{run: untilStopped}))
	child.Use = "planner"
	serve := &cobra.Command{Use: "serve"}
	serve.AddCommand(child)
	root := &cobra.Command{Use: "taurus"}
	root.AddCommand(serve)
	var out bytes.Buffer
	root.SetErr(&out)
	root.SetArgs([]string{"serve", "planner", "--nope"})
	if status := service.Execute(t.Context(), root); status != service.ExitUsage {
		t.Errorf("exit status %d", status)
	}
	if !strings.Contains(out.String(), "--nope") || !strings.Contains(out.String(), "taurus serve planner --help") {
		t.Errorf("says %s", &out)
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	cmd := command(nil)
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--help"})
	if status := service.Execute(t.Context(), cmd); status != service.ExitOK {
		t.Fatalf("exit status %d", status)
	}
	golden := filepath.Join("testdata", "help.golden")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("help differs from %s (go test -update writes it anew):\n%s", golden, &out)
	}
}
