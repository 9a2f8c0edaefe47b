package launcher_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/pkg/events"
)

// provider is one that a test tells what to answer.
type provider struct {
	mu      sync.Mutex
	values  map[string]string
	err     error
	slow    time.Duration
	asked   int
	handled []secret.Value
}

// Get implements secret.Provider.
func (p *provider) Get(ctx context.Context, name string) (secret.Value, string, error) {
	p.mu.Lock()
	p.asked++
	slow, err, text, ok := p.slow, p.err, p.values[name], p.values[name] != ""
	p.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return secret.Value{}, "", ctx.Err()
	}
	if err != nil {
		return secret.Value{}, "", err
	}
	if !ok {
		return secret.Value{}, "", secret.Missing("write it")
	}
	v := secret.NewValue([]byte(text))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handled = append(p.handled, v)
	return v, "7", nil
}

func (p *provider) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// unwiped are the values that were handed out and are in memory still.
func (p *provider) unwiped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, v := range p.handled {
		if strings.Trim(string(v.Bytes()), "\x00") != "" {
			n++
		}
	}
	return n
}

// offers are archives that were to be handed out.
type offers struct{ archives []string }

// Offer implements launcher.Handout.
func (o *offers) Offer(archive secret.Value) string {
	o.archives = append(o.archives, string(archive.Bytes()))
	return fmt.Sprintf("https://l/%d", len(o.archives))
}

const planted = "p1anted-value"

// secretive is a rig with a job of one task that needs secrets, and another without.
func secretive(t *testing.T, p *provider) *rig {
	t.Helper()
	r := newRig(t)
	if p != nil {
		r.secrets = p
	}
	r.run = r.put(r.space.Job("web"), events.JobSubmitted{Spec: []byte(
		`{"id":"web","tasks":[{"name":"g","replicas":1,"env":{"PASSWORD":{"secret":"db/password"}},"container":{"image":"x"},"resources":{"cpu":2,"memory":10}},` +
			`{"name":"plain","replicas":1,"container":{"image":"x"},"resources":{"cpu":2,"memory":10}}]}`)})
	r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}})
	r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "plain", Slots: []events.SlotRange{{From: 1, To: 1, Attempt: 1}}})
	return r
}

// said are the summaries of the verdicts, one a line.
func (r *rig) said() string {
	var all []string
	for _, v := range records[events.VerdictChanged](r.t, r.why) {
		all = append(all, v.Code+" "+v.Group+": "+v.Summary)
	}
	return strings.Join(all, "\n")
}

// TestSecretsAreLaunchedWith: the values go with the ACCEPT, the version into the log, and all is wiped then.
func TestSecretsAreLaunchedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{values: map[string]string{"db/password": planted}}
		r := secretive(t, p)
		r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.0.1,web.1.1")
		want(t, "secrets", sub.secrets(), r.taskID(0)+" db/password="+planted)
		staged := records[events.TaskStaged](t, r.log)
		if len(staged) != 2 || len(staged[0].Secrets) != 1 || staged[0].Secrets[0] != (events.SecretVersion{Name: "db/password", Version: "7"}) || staged[1].Secrets != nil {
			t.Errorf("staged %+v", staged)
		}
		if n := p.unwiped(); n != 0 {
			t.Errorf("%d values are in memory still", n)
		}
	})
}

// TestMissingSecretHoldsItsGroupBack alone, is told, and asked for again.
func TestMissingSecretHoldsItsGroupBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{}
		r := secretive(t, p)
		r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "the other group", sub.called("ACCEPT"), "ACCEPT O1: web.1.1")
		if got := r.said(); got != "secret-missing g: 1 waiting: secret db/password is missing; write it" {
			t.Errorf("verdicts %q", got)
		}
		p.set(func() { p.values = map[string]string{"db/password": planted} })
		time.Sleep(5 * time.Second)
		sub.events <- offered("O2", 4)
		time.Sleep(time.Second)
		want(t, "once it is there", sub.called("ACCEPT"), "ACCEPT O1: web.1.1", "ACCEPT O2: web.0.1")
		if n := len(records[events.TaskWithdrawn](t, r.log)); n != 0 {
			t.Errorf("%d attempts were used up", n)
		}
	})
}

// TestSlowProviderHoldsUpNobodyElse, and is given up.
func TestSlowProviderHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{slow: time.Hour, values: map[string]string{"db/password": planted}}
		r := secretive(t, p)
		r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "the other group", sub.called("ACCEPT"), "ACCEPT O1: web.1.1")
		time.Sleep(5 * time.Second)
		if got := r.said(); !strings.Contains(got, "secret-unavailable g: 1 waiting: secret db/password cannot be had at present; its provider did not answer in time") {
			t.Errorf("verdicts %q", got)
		}
	})
}

// TestProblemsOfSecrets: what is told of each, which holds nothing of what a provider said.
func TestProblemsOfSecrets(t *testing.T) {
	for name, c := range map[string]struct {
		provider *provider
		spec     string
		want     string
	}{
		"no provider": {nil, "", "secret-unavailable g: 1 waiting: secret db/password cannot be had at present; the launcher was not told where secrets are; start it with --secrets-from"},
		"talkative": {
			&provider{err: errors.New("cannot decrypt " + planted)}, "",
			"secret-unavailable g: 1 waiting: secret db/password cannot be had at present; its provider failed; see whether it can be reached from the launcher",
		},
		"talkative refusal": {
			&provider{err: fmt.Errorf("%w: %s", secret.ErrForbidden, planted)}, "", "secret-forbidden g: 1 waiting: secret db/password may not be read",
		},
		"zero byte": {
			&provider{values: map[string]string{"db/password": "a\x00b"}}, "",
			"secret-missing g: 1 waiting: secret db/password is missing; it has a zero byte, which no variable can hold; give it to the task in a file",
		},
		"no text": {
			&provider{values: map[string]string{"db/password": "a\xff"}}, "",
			"secret-missing g: 1 waiting: secret db/password is missing; it is no UTF-8, which a variable must be; give it to the task in a file",
		},
		"too much": {
			&provider{values: map[string]string{"db/password": strings.Repeat("x", 1<<20+1)}}, "",
			"secret-missing g: 1 waiting: secret db/password is missing; with the others of its task it has more than 1048576 bytes; give the task less",
		},
		"a file, and nowhere to fetch it from": {
			&provider{values: map[string]string{"db/password": planted}}, `"secrets":[{"name":"db/password","path":"/k"}]`,
			"secret-unavailable g: 1 waiting: secret db/password cannot be had at present; what Docker runs has files, and what its image is pulled with, fetched by its agent from the launcher; start that with --secrets-listen, or give the task its secrets in variables",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				if c.provider != nil {
					r.secrets = c.provider
				}
				fields := c.spec
				if fields == "" {
					fields = `"env":{"PASSWORD":{"secret":"db/password"}}`
				}
				r.run = r.put(r.space.Job("web"), events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"g","replicas":1,` + fields + `,"container":{"image":"x"}}]}`)})
				r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}})
				r.start()
				sub := r.sub()
				sub.events <- offered("O1", 4)
				time.Sleep(time.Second)
				if got := r.said(); got != c.want {
					t.Errorf("verdicts %q, want %q", got, c.want)
				}
				want(t, "launches", sub.called("ACCEPT"))
				if c.provider != nil && c.provider.unwiped() != 0 {
					t.Error("values are in memory still")
				}
			})
		})
	}
}

// TestFilesAreHandedOut: what Docker runs has its files fetched, with their modes.
func TestFilesAreHandedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		handed := &offers{}
		r.secrets, r.handout = &provider{values: map[string]string{"key": planted, "pull": "of-the-registry"}}, handed
		r.run = r.put(r.space.Job("web"), events.JobSubmitted{Spec: []byte(
			`{"id":"web","tasks":[{"name":"g","replicas":1,"secrets":[{"name":"key","path":"/k","mode":"0400"}],"container":{"image":"x","registry_credentials":{"secret":"pull"}}}]}`)})
		r.put(r.space.Plan("web"), events.TasksPlanned{Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}})
		r.start()
		sub := r.sub()
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.0.1")
		want(t, "secrets", sub.secrets(), r.taskID(0)+" from https://l/1 key="+planted, r.taskID(0)+" from https://l/1 pull=of-the-registry")
		if len(handed.archives) != 1 || !strings.Contains(handed.archives[0], planted) || !strings.Contains(handed.archives[0], ".docker/config.json") || !strings.Contains(handed.archives[0], "of-the-registry") {
			t.Errorf("%d archives", len(handed.archives))
		}
	})
}

// TestValuesAreWipedAtTheEnd: of tasks that found no place, when the launcher stops.
func TestValuesAreWipedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{values: map[string]string{"db/password": planted}}
		r := secretive(t, p)
		s := r.make()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		r.sub()
		time.Sleep(time.Second)
		if p.unwiped() != 1 {
			t.Fatalf("%d values are kept for the task that waits", p.unwiped())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := p.unwiped(); n != 0 {
			t.Errorf("%d values are in memory still", n)
		}
	})
}
