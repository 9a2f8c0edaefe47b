package allinone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/milosgajdos/taurus/internal/service"
)

// process keeps one program running.
type process struct {
	program Program
	host    *Supervisor
	log     string
	// begins is where the log of this run begins, behind those of former ones.
	begins int64

	// firstUp is closed when it has been ready once.
	firstUp chan struct{}
	// falls gets one for each death, as far as anybody counts them.
	falls chan struct{}
	// gone is closed when it has ended for good.
	gone chan struct{}
	// stop, once closed, ends it for good.
	stop     chan struct{}
	stopOnce sync.Once

	// patient is how it has been; only who watches over the child of the time has it.
	patient patient

	mu      sync.Mutex
	running Running
	seats   Seats
	deaths  error // the last one, until it was ready once
}

// life is one child from start to end.
type life struct {
	cmd   *exec.Cmd
	start time.Time
	// begins is where its part of the log begins.
	begins int64
	ended  chan struct{}
	err    error // of Wait, valid once ended is closed
}

// keep starts the program again and again until it is stopped.
func (p *process) keep() {
	defer close(p.gone)
	died, told := Notice{}, ""
	for deaths := 0; ; {
		one, err := p.begin()
		if err == nil {
			if died.Name != "" {
				died.NewPID = one.cmd.Process.Pid
				p.host.notify(died)
			}
			stopped, sick := p.attend(one)
			if stopped {
				return
			}
			if time.Since(one.start) >= p.host.opts.Backoff.Reset {
				deaths, told = 0, ""
			}
			err = death(one.err)
			died = Notice{Kind: Restarted, Role: p.program.Role, Name: p.program.Name, PID: one.cmd.Process.Pid, Why: err.Error()}
			if sick != "" {
				died.Kind, died.Why = Replaced, sick
			} else if said := one.lastWords(p.log); said != "" && said != told {
				told = said // Once: it is often the same again and again.
				died.Why += ": " + said
			}
		}
		deaths++
		if one == nil {
			p.host.trouble(err)
		}
		p.fell(err)
		if p.pause(p.host.opts.Backoff.After(deaths)) {
			return
		}
	}
}

// pause waits and reports whether the process was stopped meanwhile.
func (p *process) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.stop:
		return true
	case <-t.C:
		return false
	}
}

// begin starts a child.
func (p *process) begin() (*life, error) {
	p.mu.Lock()
	seats := p.seats
	p.mu.Unlock()
	// Nobody else knows its admin address by heart, so it may change.
	seats.Admin = chooseAddress(AnyPort, seats.Admin)
	if err := removeFile(seats.Announce); err != nil {
		return nil, err
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", p.program.Name, err)
	}
	defer out.Close()
	cmd := exec.CommandContext(context.WithoutCancel(p.host.base), p.host.opts.Executable, p.program.Args(seats)...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = environment(p.host.opts.Env, p.program.Role)
	cmd.SysProcAttr = attributes()
	one := &life{cmd: cmd, start: time.Now(), begins: sizeOf(p.log), ended: make(chan struct{})}
	if err := p.host.spawner.start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.program.Name, err)
	}
	go func() {
		defer close(one.ended)
		one.err = cmd.Wait()
	}()
	p.started(cmd.Process.Pid)
	return one, nil
}

// attend sees a child through its life. It reports whether the program was stopped;
// otherwise the child died, or was ended because it was sick: why it was.
func (p *process) attend(one *life) (stopped bool, sick string) {
	ctx, cancel := context.WithCancel(p.host.base)
	rising, fallsSick := make(chan struct{}), make(chan string, 1)
	p.patient.born()
	go func() {
		defer close(rising)
		p.rise(ctx, one.cmd.Process.Pid, fallsSick)
	}()
	defer func() {
		cancel()
		<-rising
	}()
	select {
	case <-one.ended:
		return false, ""
	case <-p.stop:
		p.end(one)
		return true, ""
	case sick = <-fallsSick:
		p.end(one)
		return false, sick
	}
}

// rise waits until a child is ready, and writes down where it is; then it watches
// over it.
func (p *process) rise(ctx context.Context, pid int, sick chan<- string) {
	p.mu.Lock()
	file := p.seats.Announce
	p.mu.Unlock()
	a, err := announced(ctx, file, pid)
	if err != nil {
		return
	}
	p.located(a)
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { p.watchOver(ctx, a, sick) })
	if awaitReady(ctx, p.host.http, a) != nil {
		return
	}
	p.up(pid)
}

// end stops a child: gently, and after a grace by force.
func (p *process) end(one *life) {
	// An error means that it has ended, which the channel tells.
	_ = one.cmd.Process.Signal(syscall.SIGTERM)
	t := time.NewTimer(p.host.opts.StopGrace)
	defer t.Stop()
	select {
	case <-one.ended:
		return
	case <-t.C:
	}
	_ = one.cmd.Process.Kill()
	<-one.ended
}

// started notes that a child runs.
func (p *process) started(pid int) {
	p.mu.Lock()
	p.running.PID, p.running.Ready = pid, false
	p.mu.Unlock()
	p.note()
	p.host.publish()
}

// located keeps the addresses a child got, for all that follow it.
func (p *process) located(a service.Announcement) {
	p.mu.Lock()
	p.running.Address, p.running.Admin, p.running.Pprof = a.Address, a.AdminAddress, a.PprofAddress
	if a.Address != "" {
		p.seats.Listen = a.Address
	}
	if a.AdminAddress != "" {
		p.seats.Admin = a.AdminAddress
	}
	p.mu.Unlock()
	p.note()
}

// up notes that a child is ready.
func (p *process) up(pid int) {
	p.mu.Lock()
	p.running.Ready = p.running.PID == pid
	p.deaths = nil
	p.mu.Unlock()
	p.host.publish()
	select {
	case <-p.firstUp:
	default:
		close(p.firstUp)
		return
	}
	r := p.snapshot()
	p.host.notify(Notice{Kind: Again, Role: r.Role, Name: r.Name, PID: pid, Address: r.Address})
}

// fell notes that a child died, or could not be started.
func (p *process) fell(err error) {
	p.mu.Lock()
	p.running.Ready = false
	p.deaths = err
	p.mu.Unlock()
	p.host.publish()
	select {
	case p.falls <- struct{}{}:
	default:
	}
}

// note writes the child into the roster.
func (p *process) note() {
	p.mu.Lock()
	r := p.running
	p.mu.Unlock()
	born, err := birth(r.PID)
	if err != nil {
		return // It has ended already; the old entry proves nothing about it.
	}
	e := entry{Role: r.Role, Name: r.Name, PID: r.PID, Birth: born, Address: r.Address, Admin: r.Admin}
	p.host.trouble(p.host.roster.put(e))
}

// snapshot is the process as others see it.
func (p *process) snapshot() Running {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// halt begins the end of the process; gone tells when it is over.
func (p *process) halt() { p.stopOnce.Do(func() { close(p.stop) }) }

// lastWords are why a child that exited by itself did so, by the end of its log; empty
// where that tells nothing.
func (l *life) lastWords(log string) string {
	var exit *exec.ExitError
	if !errors.As(l.err, &exit) || !exit.Exited() {
		return ""
	}
	last := tail(log, l.begins, 1)
	if len(last) == 0 || strings.HasPrefix(last[0], "{") {
		return ""
	}
	return last[0]
}

// death says how a child ended, in words.
func death(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err == nil {
			return errors.New("it exited by itself")
		}
		return err
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	switch {
	case !ok || status.Exited():
		return fmt.Errorf("exit status %d", exit.ExitCode())
	case status.Signal() == syscall.SIGKILL:
		return errors.New("killed")
	default:
		return errors.New(status.Signal().String())
	}
}
