package allinone

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/service"
)

const (
	// lookPatience bounds one question.
	lookPatience = 5 * time.Second
	// answerMax is how much of an answer is read, in bytes.
	answerMax = 64 << 10
)

// watchOver looks at a child every so often until ctx ends, and says through sick
// why it should be started again.
func (p *process) watchOver(ctx context.Context, a service.Announcement, sick chan<- string) {
	if a.AdminAddress == "" {
		return
	}
	for pause.For(ctx, p.patient.care.LookEvery) == nil {
		v := examine(ctx, p.host.http, "http://"+a.AdminAddress)
		if ctx.Err() != nil {
			return
		}
		p.found(a.PID, v)
		if v.stuck && !v.dead && p.program.Role != RoleNATS && !p.host.natsAble() {
			v.stuck = false // It waits for NATS, which has a look of its own.
		}
		if again, after := p.patient.look(time.Now(), v); again {
			sick <- fmt.Sprintf("unable for %v: %s", ready.Round(after), v.why)
			return
		}
	}
}

// examine asks a process whether it is alive and able.
func examine(ctx context.Context, client *http.Client, base string) vitals {
	status, answer, err := ask(ctx, client, base+"/healthz")
	if err != nil {
		return vitals{stuck: true, dead: true, why: fmt.Sprintf("it does not answer: %v", err)}
	}
	if status != http.StatusOK {
		return vitals{stuck: true, dead: true, why: strings.TrimSpace(string(answer))}
	}
	status, answer, err = ask(ctx, client, base+"/readyz")
	if err != nil {
		return vitals{stuck: true, dead: true, why: fmt.Sprintf("it does not answer: %v", err)}
	}
	if status == http.StatusOK {
		return vitals{able: true}
	}
	r, err := ready.Decode(answer)
	if err != nil {
		return vitals{why: strings.TrimSpace(string(answer))}
	}
	v := vitals{why: r.Why()}
	for _, c := range r.Checks {
		v.stuck = v.stuck || c.Level == ready.Fail && c.Restart
	}
	return v
}

// ask asks once, for JSON where there is a choice.
func ask(ctx context.Context, client *http.Client, url string) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("ask %s: %w", url, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask: %w", err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, answerMax))
	if err != nil {
		return 0, nil, fmt.Errorf("ask %s: %w", url, err)
	}
	return resp.StatusCode, answer, nil
}

// found notes whether a child is able, once it was ready.
func (p *process) found(pid int, v vitals) {
	p.mu.Lock()
	changed := false
	select {
	case <-p.firstUp:
		changed = p.running.PID == pid && p.running.Ready != v.able
		p.running.Ready = v.able && p.running.PID == pid
	default:
	}
	p.mu.Unlock()
	if changed {
		p.host.publish()
	}
}

// natsAble reports whether every NATS server there is was able when it was looked
// at last.
func (s *Supervisor) natsAble() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stage := range s.stages {
		for _, p := range stage {
			if p.program.Role == RoleNATS && !p.snapshot().Ready {
				return false
			}
		}
	}
	return true
}
