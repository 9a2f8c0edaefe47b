package projection

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// Policy is what jobs may ask for.
type Policy struct {
	// Set reports whether the log has one; what it has not holds by default.
	Set  bool   `json:"set"`
	Hash string `json:"hash,omitzero"`
	// Text is that of its file.
	Text  string    `json:"text"`
	SetAt time.Time `json:"set_at,omitzero"`
	SetBy string    `json:"set_by,omitzero"`
	// Unread is why this version of taurus cannot read it; then nobody may ask for anything.
	Unread string `json:"unread,omitzero"`
	// Sequence is what is known of the log.
	Sequence uint64 `json:"sequence"`
}

// noPolicy is the text of what holds by default.
const noPolicy = "rules: []\n"

// Policy is what jobs may ask for, as it was set last.
func (m *Model) Policy() Policy {
	p := m.state.Access.Policy
	v := Policy{Text: noPolicy, Sequence: m.Sequence()}
	if m.state.Rules != nil {
		v.Set, v.Hash, v.Text, v.SetAt, v.SetBy, v.Unread = true, p.Hash, p.Text, p.At.UTC(), p.By, m.state.Rules.Unread()
	}
	return v
}

// PolicyCheck is what the policy says of a job.
type PolicyCheck struct {
	Job     string `json:"job"`
	Allowed bool   `json:"allowed"`
	// Rule is the one that decides, Faults all that is forbidden, by it or by quotas.
	Rule     string      `json:"rule"`
	Faults   []job.Fault `json:"faults"`
	Warnings []job.Fault `json:"warnings,omitempty"`
	Sequence uint64      `json:"sequence"`
}

// CheckPolicy says what the policy says of a job, were it submitted, or updated.
func (m *Model) CheckPolicy(rules commanding.Rules, spec *job.Spec) PolicyCheck {
	rule, all := rules.Check(m.state, spec)
	return PolicyCheck{Job: spec.ID, Allowed: len(all) == 0, Rule: rule, Faults: policy.Faults(all), Sequence: m.Sequence()}
}

// Forbidden counts the jobs that are not over and of which nothing may be started anew.
func (m *Model) Forbidden() (n int) {
	if m.state.Rules == nil {
		return 0
	}
	for _, j := range m.state.Jobs {
		if _, forbidden := planning.Forbids(m.state, j); forbidden {
			n++
		}
	}
	return n
}

// forbids says in a sentence why nothing of a job that waits is started anew, empty where
// nothing waits or it may be. It is found anew each time: a policy changes without the job.
func (m *Model) forbids(j *cluster.Job, v Job) string {
	if m.state.Rules == nil || v.Tasks.Waiting == 0 && v.Series == nil {
		return ""
	}
	if why, forbidden := planning.Forbids(m.state, j); forbidden {
		return "forbidden: " + why.String()
	}
	return ""
}
