package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/milosgajdos/taurus/internal/service"
)

// ErrProcess is returned when a process ends that should run.
var ErrProcess = errors.New("a process ended")

// readyWait is how long a process may take until it is able, and readyPoll how often it is asked.
const (
	readyWait = 10 * time.Minute
	readyPoll = 5 * time.Millisecond
)

// Processes are services, each a process of its own.
type Processes struct {
	// Command makes the command of `taurus serve` for a role.
	Command func(ctx context.Context, args ...string) *exec.Cmd
	// Dir is for what they write, NATS where the log is, Master where Mesos is.
	Dir, NATS, Master string

	// Lease is how long a standby waits for a launcher that has vanished; 0 is the default.
	Lease time.Duration

	running []*Process
}

// Process is a service that runs.
type Process struct {
	service.Announcement
	cmd *exec.Cmd
	// Took is how long it took from its start until it was able.
	Took  time.Duration
	ended chan struct{}
}

// Start starts a service and waits until it is able to do its work.
func (p *Processes) Start(ctx context.Context, role, name string, flags ...string) (*Process, error) {
	announce := filepath.Join(p.Dir, name+".json")
	_ = os.Remove(announce) // Of one before, if there was one.
	args := append([]string{
		"serve", role, "--name", name, "--admin-listen", "127.0.0.1:0", "--pprof", "127.0.0.1:0",
		"--announce", announce, "--log-level", "error", "--nats", p.NATS, "--state-dir", filepath.Join(p.Dir, "state-"+name),
		"--start-timeout", readyWait.String(),
	}, flags...)
	switch role {
	case "launcher", "reaper":
		args = append(args, "--master", p.Master)
		if role == "launcher" && p.Lease != 0 {
			args = append(args, "--lease-ttl", p.Lease.String())
		}
	case "api":
		const plenty = "1000000"
		args = append(args, "--listen", "127.0.0.1:0", "--anonymous", "admin", "--requests-per-second", plenty, "--requests-burst", plenty,
			"--requests-max", "4096", "--requests-per-client", "4096", "--feeds-max", "4096", "--feeds-per-client", "4096", "--connections-max", "8192", "--connections-per-client", "8192")
	}
	cmd := p.Command(context.WithoutCancel(ctx), args...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	one := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(one.ended)
		_ = cmd.Wait() // That it ended is what counts.
	}()
	p.running = append(p.running, one)
	err := one.await(ctx, announce)
	one.Took = time.Since(began)
	return one, err
}

// create makes the log, once the servers that are to keep it have found each other.
func (p *Processes) create(ctx context.Context, copies int) error {
	for began := time.Now(); ; {
		cmd := p.Command(ctx, "log", "create", "--nats", p.NATS, "--replicas", strconv.Itoa(copies))
		said, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Since(began) > time.Minute {
			return fmt.Errorf("log create: %w: %s", err, said)
		}
	}
}

// StartAll starts one of each role that is named, the api last.
func (p *Processes) StartAll(ctx context.Context, roles ...string) (map[string]*Process, error) {
	all := map[string]*Process{}
	for _, role := range roles {
		one, err := p.Start(ctx, role, role+"-1")
		if err != nil {
			return all, fmt.Errorf("%s: %w", role, err)
		}
		all[role] = one
	}
	return all, nil
}

// Close ends all that run.
func (p *Processes) Close() {
	for _, one := range p.running {
		_ = one.cmd.Process.Signal(syscall.SIGTERM) // It may have ended.
	}
	for _, one := range p.running {
		select {
		case <-one.ended:
		case <-time.After(settled):
			one.Kill()
		}
	}
	p.running = nil
}

// Kill is kill -9.
func (one *Process) Kill() {
	_ = one.cmd.Process.Kill() // It may have ended.
	<-one.ended
}

func (one *Process) await(ctx context.Context, announce string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for {
		if one.AdminAddress == "" {
			one.Announcement, _ = service.ReadAnnouncement(announce) // Not there yet.
		} else if able(ctx, one.AdminAddress) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-one.ended:
			return ErrProcess
		case <-time.After(readyPoll):
		}
	}
}

func able(ctx context.Context, address string) bool {
	res, err := get(ctx, "http://"+address+"/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// Heap is what a process holds in memory after it has collected its garbage, in bytes.
func (one *Process) Heap(ctx context.Context) (float64, error) {
	res, err := get(ctx, "http://"+one.PprofAddress+"/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "# HeapAlloc = "); ok {
			return strconv.ParseFloat(text, 64)
		}
	}
	return 0, errors.Join(ErrAnswer, lines.Err())
}

// heaps are those of processes, by role.
func heaps(ctx context.Context, all map[string]*Process) (map[string]float64, error) {
	of := map[string]float64{}
	for role, one := range all {
		h, err := one.Heap(ctx)
		if err != nil {
			return nil, fmt.Errorf("heap of %s: %w", role, err)
		}
		of[role] = h
	}
	return of, nil
}
