package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
)

// Policy is what jobs may ask for. It is not changed once it is made.
type Policy struct {
	// Rules are tried in their order.
	Rules []Rule `json:"rules"`
	// Quotas bound what all jobs of a prefix ask for together.
	Quotas []Quota `json:"quotas"`

	// unread is why it could not be read; then nobody may ask for anything.
	unread string
}

// Rule says what the jobs may ask for that it fits.
type Rule struct {
	// Name is what a refusal calls it.
	Name string `json:"name"`
	// Jobs are patterns of ids: an id, a beginning with an asterisk behind a slash, or "*".
	// None is all jobs.
	Jobs []string `json:"jobs"`
	// Who are those that ask; nil is anybody.
	Who *Who `json:"who"`

	Privileged bool `json:"privileged"`
	// HostNetwork is the network of the host.
	HostNetwork bool `json:"host_network"`
	// HostCommands are commands without an image, which run on the host itself.
	HostCommands bool `json:"host_commands"`
	// Networks are names of networks of the user's own, nil for any.
	Networks []string `json:"networks"`
	// Volumes are paths of hosts that may be bound, with all below them.
	Volumes []Volume `json:"volumes"`
	// Parameters are options of docker run, nil for the harmless ones.
	Parameters []Parameter `json:"parameters"`
	// Images are what may be run, nil for any.
	Images []Image `json:"images"`
	// Users are whom a container may run as, nil for any.
	Users []string `json:"users"`
	// URIs are patterns of what may be fetched, nil for any of the web. Files of the host
	// count as volumes.
	URIs []string `json:"uris"`
	// Secrets are patterns of names, nil for those under the job's own name.
	Secrets []string `json:"secrets"`
	// Constraints are those that every group must have.
	Constraints []Constraint `json:"constraints"`
	// Task is the most that one task may have, Job what all of a job may.
	Task *Amounts `json:"task"`
	Job  *Amounts `json:"job"`
}

// Who are those that have one of the names, one of the roles, and one of the means, as far as
// any of these are given.
type Who struct {
	Names []string `json:"names"`
	Roles []string `json:"roles"`
	Means []string `json:"means"`
}

// Volume is a path of hosts, and all below it.
type Volume struct {
	Path string `json:"path"`
	// ReadOnly lets it be bound read-only alone.
	ReadOnly bool `json:"read_only"`
}

// Parameter is an option of docker run; in a file its name alone may stand for it.
type Parameter struct {
	Name string `json:"name"`
	// Values are patterns, nil for any value.
	Values []string `json:"values"`
}

// Image is a repository, or all below a beginning of it; in a file its name alone may stand
// for it.
type Image struct {
	// Name is a registry and a repository, with an asterisk behind a slash for all below it.
	Name string `json:"name"`
	// Tags are patterns, nil for any.
	Tags []string `json:"tags"`
	// Digest asks for a digest.
	Digest bool `json:"digest"`
}

// Constraint is one that a group must have as it is.
type Constraint struct {
	Attribute string `json:"attribute"`
	Operator  string `json:"operator"`
	Value     string `json:"value"`
}

// Amounts are upper bounds, nil for none.
type Amounts struct {
	Replicas *uint32  `json:"replicas"`
	CPU      *float64 `json:"cpu"`
	Memory   *float64 `json:"memory"`
	Disk     *float64 `json:"disk"`
	GPUs     *uint32  `json:"gpus"`
}

// Quota bounds what all jobs that it fits ask for together.
type Quota struct {
	Name string   `json:"name"`
	Jobs []string `json:"jobs"`
	Amounts
}

// everything is the pattern of whatever there is.
const everything = "*"

// DefaultName is the name of the rule that decides where no other fits.
const DefaultName = "default"

// Default is the policy of who sets none: nothing that reaches the host.
func Default() *Policy { return &Policy{} }

// last is the rule that decides where no other fits.
func last() *Rule { return &Rule{Name: DefaultName} }

// ruleFor is the rule that decides about a job of somebody's.
func (p *Policy) ruleFor(who access.Principal, id string) *Rule {
	id = Base(id)
	for i := range p.Rules {
		if r := &p.Rules[i]; fitsAny(r.Jobs, id) && r.Who.are(who) {
			return r
		}
	}
	return last()
}

// rulesFor are the rules that decide about a job for one or another, in their order.
func (p *Policy) rulesFor(id string) (found []*Rule) {
	id = Base(id)
	for i := range p.Rules {
		r := &p.Rules[i]
		if !fitsAny(r.Jobs, id) {
			continue
		}
		if found = append(found, r); r.Who == nil {
			return found
		}
	}
	return append(found, last())
}

// Base is the id that the rules of a job are found by: of a run that of its series.
func Base(id string) string {
	if job.IsRunID(id) {
		return id[:strings.LastIndexByte(id, '@')]
	}
	return id
}

// fitsAny reports whether an id is of one of the patterns, or there are none.
func fitsAny(patterns []string, id string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool { return access.Fits(pattern, id) })
}

// are reports whether somebody is of those.
func (w *Who) are(p access.Principal) bool {
	if w == nil {
		return true
	}
	return (w.Names == nil || slices.Contains(w.Names, p.Name)) &&
		(w.Means == nil || slices.Contains(w.Means, string(cmp.Or(p.By, access.Anonymous)))) &&
		(w.Roles == nil || slices.ContainsFunc(p.Roles, func(role string) bool { return slices.Contains(w.Roles, role) }))
}
