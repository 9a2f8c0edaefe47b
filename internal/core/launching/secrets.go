package launching

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// secretFresh is how long values are kept for tasks that find no place: then they are asked for again, as they may be
	// others by now, and so that nothing is in memory for longer than it is of use.
	secretFresh = time.Minute
	// secretHold is how long offers are held for tasks whose secrets are asked for.
	secretHold = 5 * time.Second
	// secretFirst and secretMax bound the waits before secrets are asked for again that could not be had.
	secretFirst = 5 * time.Second
	secretMax   = time.Minute
)

// Why a secret cannot be had, as verdicts name it.
const (
	SecretMissing     = "secret-missing"
	SecretForbidden   = "secret-forbidden"
	SecretUnavailable = "secret-unavailable"
)

// secrets are what is known of those that waiting tasks need: never a value, which is kept by whoever carries GetSecrets out, under
// its ticket.
type secrets struct {
	asked map[lineKey]*asking
	// kept are the tickets under which values are kept, or will be.
	kept map[uint64]bool
}

func newSecrets() secrets { return secrets{asked: map[lineKey]*asking{}, kept: map[uint64]bool{}} }

// asking is a question for the secrets of a line, and its answer.
type asking struct {
	// ticket is that of the question, and what launches name the values by.
	ticket uint64
	// at is when it was asked, answered whether it was.
	at       time.Time
	answered bool
	versions []events.SecretVersion
	// why is why they cannot be had, as was found last.
	why *SecretProblem
	// tries is how often they could not in a row, retryAt when to ask again.
	tries   int
	retryAt time.Time
}

// had reports whether the values can be launched with.
func (a *asking) had() bool { return a.answered && a.why == nil }

// heldBack is what of the demands waits for secrets.
type heldBack struct {
	verdicts []placement.Verdict
	// asking are those whose secrets will be there in a moment, or not.
	asking []placement.Demand
	// wake is when more is known by time alone; zero for never.
	wake time.Time
}

// withSecrets are the demands whose secrets are at hand, or that need none, and what becomes of the others. A provider that is slow
// holds up nobody else.
func (m *Machine) withSecrets(demands []placement.Demand) (ready []placement.Demand, held heldBack) {
	s := &m.session.secrets
	if !slices.ContainsFunc(demands, func(d placement.Demand) bool { return d.Group.HasSecrets() }) {
		return demands, held
	}
	for _, d := range demands {
		if !d.Group.HasSecrets() {
			ready = append(ready, d)
			continue
		}
		names, k := d.Group.SecretNames(), lineOf(d.Tasks[0])
		if why := m.forbiddenSecret(d.Job, names); why != nil {
			delete(s.asked, k)
			held.verdicts = append(held.verdicts, why.verdict(d))
			continue
		}
		a := m.askFor(k, d, names)
		switch {
		case a.had():
			ready = append(ready, d)
		case a.why != nil:
			held.verdicts = append(held.verdicts, a.why.verdict(d))
			held.wake = earlier(held.wake, a.retryAt)
		case m.at.Now.Sub(a.at) < secretHold:
			held.asking = append(held.asking, d)
			held.wake = earlier(held.wake, a.at.Add(secretHold))
		default:
			late := SecretProblem{Kind: SecretUnavailable, Name: names[0], Text: "was asked for and not given yet"}
			held.verdicts = append(held.verdicts, late.verdict(d))
		}
	}
	return ready, held
}

// askFor asks for the secrets of a line, if that is due.
func (m *Machine) askFor(k lineKey, d placement.Demand, names []string) *asking {
	s, now := &m.session.secrets, m.at.Now
	a := s.asked[k]
	switch {
	case a == nil:
		a = &asking{}
		s.asked[k] = a
	case !a.answered:
		return a
	case a.had() && now.Sub(a.at) < secretFresh:
		return a
	case a.why != nil && now.Before(a.retryAt):
		return a
	}
	a.ticket, a.at, a.answered, a.versions = m.tickets.Next(), now, false, nil
	s.kept[a.ticket] = true
	m.do(GetSecrets{Ticket: a.ticket, Names: names, Variables: d.Group.SecretVariables(), Fetched: d.Group.Fetches()})
	return a
}

// resolved follows the answer.
func (m *Machine) gotSecrets(in GotSecrets) {
	if m.session == nil {
		return
	}
	s := &m.session.secrets
	for _, a := range s.asked {
		if a.ticket != in.Ticket || a.answered {
			continue
		}
		a.answered, a.at, a.why, a.versions = true, m.at.Now, in.Problem, in.Versions
		m.pending.changed = true
		if in.Problem == nil {
			a.tries = 0
			return
		}
		delete(s.kept, in.Ticket)
		a.tries++
		a.retryAt = m.at.Now.Add(backoff.Wait{First: secretFirst, Max: secretMax}.After(a.tries))
		return
	}
}

// forgetLines forgets the questions for lines of which nothing waits.
func (m *Machine) forgetLines(demands []placement.Demand) {
	s := &m.session.secrets
	if len(s.asked) == 0 {
		return
	}
	waits := map[lineKey]bool{}
	for _, d := range demands {
		waits[lineOf(d.Tasks[0])] = true
	}
	maps.DeleteFunc(s.asked, func(k lineKey, _ *asking) bool { return !waits[k] })
}

// forgetSecrets has those values wiped that nothing will be launched with any more.
func (m *Machine) forgetSecrets() {
	s := m.session
	if len(s.secrets.kept) == 0 {
		return
	}
	used := map[uint64]bool{}
	for _, a := range s.secrets.asked {
		used[a.ticket] = true
	}
	if s.batch != nil {
		for _, ticket := range s.batch.secrets {
			used[ticket] = true
		}
	}
	for _, c := range s.calls {
		for i := range c.accept.Launches {
			used[c.accept.Launches[i].Secrets] = true
		}
	}
	for _, ticket := range slices.Sorted(maps.Keys(s.secrets.kept)) {
		if !used[ticket] {
			delete(s.secrets.kept, ticket)
			m.do(ForgetSecrets{Ticket: ticket})
		}
	}
}

// withoutSecrets cuts a message off before it tells what is in a variable with a secret: executors of Docker may say the whole command that
// failed, with -e NAME=value in it, and what is in the log stays there.
func (m *Machine) withoutSecrets(t *cluster.Task, message string) string {
	at := -1
	for _, name := range m.secretVariables(t) {
		if i := strings.Index(message, name); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return message
	}
	return message[:at] + "[cut: a secret may follow]"
}

// secretVariables are what values of secrets may follow in a command: anything that sets a variable, where it is not known which of them hold one.
func (m *Machine) secretVariables(t *cluster.Task) []string {
	if t == nil || m.state.Jobs[t.Job] == nil || m.state.Jobs[t.Job].Run != t.Run {
		return []string{" -e ", " --env"}
	}
	g := m.state.Jobs[t.Job].GroupOf(t)
	if g == nil {
		return []string{" -e ", " --env"}
	}
	var names []string
	for name, v := range g.Env {
		if v.Secret != "" {
			names = append(names, name+"=")
		}
	}
	return names
}

// SecretProblem is why a secret cannot be had. Nothing of it holds a value.
type SecretProblem struct {
	// Kind is SecretMissing, SecretForbidden or SecretUnavailable.
	Kind string
	// Name is the secret's.
	Name string
	// Text says what about it, and the mend.
	Text string
}

// verdict says it of tasks.
func (p *SecretProblem) verdict(d placement.Demand) placement.Verdict {
	return placement.Verdict{
		Job: d.Job.ID, Run: d.Job.Run, Group: d.Group.Name, Waiting: uint32(len(d.Tasks)), Reasons: map[string]uint32{}, Code: p.Kind,
		Held: fmt.Sprintf("secret %s %s", p.Name, clip(p.Text)),
	}
}

// launchedWith is what a task of a group is launched with: the ticket of its secrets, and their versions. Whatever has none
// though it needs some is not launched.
func (m *Machine) launchedWith(t *cluster.Task) (ticket uint64, versions []events.SecretVersion) {
	if a := m.session.secrets.asked[lineOf(t)]; a != nil && a.had() {
		return a.ticket, a.versions
	}
	return 0, nil
}

// forgetAll has all values wiped of a session that is over.
func (s *session) forgetAll() []machine.Effect {
	var effects []machine.Effect
	for _, ticket := range slices.SortedFunc(maps.Keys(s.secrets.kept), cmp.Compare[uint64]) {
		effects = append(effects, ForgetSecrets{Ticket: ticket})
	}
	return effects
}
