package service

import (
	"sync"

	"github.com/milosgajdos/taurus/internal/ready"
)

// health is what /healthz and /readyz answer.
type health struct {
	about ready.Report
	skew  *SkewWatch

	mu     sync.Mutex
	runner Runner
	checks []func() []ready.Check
}

func (h *health) set(runner Runner) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runner = runner
}

func (h *health) add(f func() []ready.Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, f)
}

func (h *health) look() (Runner, []func() []ready.Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runner, h.checks
}

// Alive returns why the process needs another start, nil if it does not.
func (h *health) Alive() error {
	runner, _ := h.look()
	if t, ok := runner.(turning); ok {
		return t.Alive()
	}
	return nil
}

// Sequence is the last one folded, 0 for none.
func (h *health) Sequence() uint64 {
	runner, _ := h.look()
	if f, ok := runner.(folding); ok {
		return f.Sequence()
	}
	return 0
}

// Report is every check there is.
func (h *health) Report() ready.Report {
	runner, checks := h.look()
	r := h.about
	r.Able, r.Sequence = true, h.Sequence()
	r.Add(work(runner)...)
	r.Add(clockCheck(h.skew))
	if n, ok := runner.(noticing); ok && n.Notice() != "" {
		r.Add(ready.Check{Name: ready.CheckRecords, Level: ready.Warn, Detail: n.Notice()})
	}
	for _, f := range checks {
		r.Add(f()...)
	}
	return r
}

// work is the role's own word.
func work(runner Runner) []ready.Check {
	if runner == nil {
		return []ready.Check{ready.Work(ErrStarting)}
	}
	if c, ok := runner.(checked); ok {
		return c.Checks()
	}
	return []ready.Check{ready.Work(runner.Ready())}
}

func clockCheck(skew *SkewWatch) ready.Check {
	c := ready.Check{Name: ready.CheckClock}
	if err := skew.Ready(); err != nil {
		c.Level, c.Detail = ready.Fail, err.Error()
	}
	return c
}
