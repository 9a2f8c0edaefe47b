package policy

import (
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Secret reports whether somebody may have a job use the secret of a name, and which rule
// says so.
func (p *Policy) Secret(who access.Principal, id, name string) (rule string, may bool) {
	if p.unread != "" {
		return "policy", false
	}
	r := p.ruleFor(who, id)
	return r.Name, r.secret(id, name)
}

// HeldSecret reports whether a task of a job is not to be given a secret: no rule lets anybody
// ask for it.
func (p *Policy) HeldSecret(id, name string) (rule string, held bool) {
	if p.unread != "" {
		return "policy", true
	}
	for _, r := range p.rulesFor(id) {
		if r.secret(id, name) {
			return "", false
		}
		rule = r.Name
	}
	return rule, true
}

// secret reports whether a job may use a secret. Without a word in the rule it is one that
// is the job's own: below the first part of its id.
func (r *Rule) secret(id, name string) bool {
	if name == "" || strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") {
		return false
	}
	if r.Secrets == nil {
		first, _, _ := strings.Cut(Base(id), "/")
		return strings.HasPrefix(name, first+"/")
	}
	return anyFits(r.Secrets, name)
}
