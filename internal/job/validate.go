package job

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/internal/visible"
)

// ReservedID is the id that no job may have: the original's routes mean every
// job by it.
const ReservedID = "all"

// reservedLabel begins the labels that taurus itself puts on Mesos tasks.
const reservedLabel = "taurus."

// Validate checks s as it is once Normalise has filled in the defaults, and
// returns Faults, all of them at once, or nil. It changes nothing.
func (s *Spec) Validate(lim Limits) error { return s.validate(checker{lim: lim, job: s.ID}) }

// ValidateStored is Validate for a spec made of one that the log has. Its text is not
// looked at again for what nobody sees: such a job is older than that rule, and its users
// must still be able to scale it and to take it back.
func (s *Spec) ValidateStored(lim Limits) error {
	return s.validate(checker{lim: lim, job: s.ID, stored: true})
}

func (s *Spec) validate(c checker) error {
	lim := c.lim
	looked := *s
	if len(s.Tasks) > lim.Groups {
		looked.Tasks = nil // Nobody looks at any of too many.
	}
	n := looked.Clone()
	n.Normalise()
	c.id(n.ID)
	c.series(n)
	c.oneOf("kind", string(n.Kind), string(KindService), string(KindBatch), string(KindPeriodic))
	c.labels("labels", n.Labels)
	if c.atMost("tasks", len(s.Tasks), lim.Groups) {
		c.groups(n)
		c.rollout("rollout", n)
		c.batch(n)
		c.afterJobs(n)
		c.afterGroups(n)
	}
	if len(c.faults) == 0 {
		c.size(n)
	}
	return c.faults.err()
}

// checker collects the faults of one spec.
type checker struct {
	lim Limits
	// job is the id of the spec's job.
	job string
	// stored reports whether the log has the text already.
	stored   bool
	faults   Faults
	replicas uint64
}

// fault records what is wrong with a field.
func (c *checker) fault(path, format string, args ...any) {
	c.faults.add(Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// size checks that the spec fits into an event.
func (c *checker) size(s *Spec) {
	data, err := s.JSON()
	switch {
	case err != nil:
		c.fault("", "cannot be written as JSON: %v", err)
	case len(data) > c.lim.SpecBytes:
		c.fault("", "the whole job is %d bytes of JSON; make it at most %d, for example by fetching files as uris",
			len(data), c.lim.SpecBytes)
	}
}

// id checks what names a job in URLs, subjects and task ids.
func (c *checker) id(id string) {
	switch id {
	case "":
		c.fault("id", "is missing; name the job")
		return
	case ReservedID:
		c.fault("id", "%q means every job in the URLs; choose another name", id)
		return
	}
	if c.text("id", id, c.lim.IDBytes) && !c.stored {
		if fault := visible.NameFault(id); fault != "" {
			c.fault("id", "%s", fault)
		}
	}
	if IsRunID(id) {
		c.fault("id", "ends like that of a run of a periodic job; choose another name")
	}
	if strings.Trim(id, " ") != id {
		c.fault("id", "begins or ends with a space; remove it")
	}
	for part := range strings.SplitSeq(id, "/") {
		if part == "" || part == "." || part == ".." {
			c.fault("id", "has an empty, . or .. part between slashes, which HTTP clients rewrite; remove it")
			return
		}
	}
}

// groups checks the task groups and what they add up to.
func (c *checker) groups(s *Spec) {
	if len(s.Tasks) < c.lim.MinGroups {
		c.fault("tasks", "is missing; list at least %d task", c.lim.MinGroups)
	}
	seen := map[string]int{}
	for i := range s.Tasks {
		g := &s.Tasks[i]
		path := index("tasks", i)
		if first, ok := seen[g.Name]; ok {
			c.fault(join(path, "name"), "%s is also the name of tasks[%d]; choose another", quote(g.Name), first)
		} else {
			seen[g.Name] = i
		}
		c.group(path, g, s.Kind)
	}
}

// countReplicas adds up the tasks of the job and records the group that makes
// them too many.
func (c *checker) countReplicas(at string, replicas uint32) {
	before := c.replicas
	c.replicas += uint64(replicas)
	if before <= c.lim.Replicas && c.replicas > c.lim.Replicas {
		c.fault(at, "makes it %d tasks in the job; ask for at most %d in all groups together",
			c.replicas, c.lim.Replicas)
	}
}

// group checks one task group.
func (c *checker) group(path string, g *Group, kind Kind) {
	c.name(join(path, "name"), g.Name)
	c.text(join(path, "cluster"), g.Cluster, c.lim.RoleBytes)
	c.text(join(path, "role"), g.Role, c.lim.RoleBytes)
	c.text(join(path, "environment"), g.Environment, c.lim.RoleBytes)
	c.countReplicas(join(path, "replicas"), g.Replicas)
	if g.Container == nil {
		c.fault(join(path, "container"), `is missing; give at least {"image": "..."}`)
	} else {
		c.container(join(path, "container"), g.Container)
	}
	c.resources(join(path, "resources"), g.Resources)
	c.ports(path, g)
	c.env(path, g)
	c.secrets(path, g)
	c.labels(join(path, "labels"), g.Labels)
	if g.HealthCheck != nil {
		c.healthCheck(join(path, "health_check"), g)
	}
	c.constraints(join(path, "constraints"), g.Constraints)
	c.preferences(path, g)
	c.restart(join(path, "restart"), g.Restart, kind)
	c.kill(path, g, kind)
	c.uris(join(path, "uris"), g.URIs)
	c.unreachable(join(path, "unreachable"), g.Unreachable)
	c.keep(join(path, "unreachable"), g.Unreachable)
}

// labels checks the user's own labels.
func (c *checker) labels(path string, labels map[string]string) {
	if !c.atMost(path, len(labels), c.lim.Labels) {
		return
	}
	for _, key := range sortedKeys(labels) {
		at := join(path, key)
		hidden := visible.Fault(key)
		switch {
		case hidden != "":
			c.fault(at, "the name %s", hidden)
		case key == "" || strings.ContainsFunc(key, func(r rune) bool { return !labelRune(r) }):
			c.fault(at, "a label's name consists of letters, digits and . _ - /; rename it")
		case strings.HasPrefix(key, reservedLabel):
			c.fault(at, "labels that begin with %q are the system's own; rename it", reservedLabel)
		case len(key) > c.lim.LabelKeyBytes:
			c.fault(at, "the name is %d bytes; make it at most %d", len(key), c.lim.LabelKeyBytes)
		}
		c.text(at, labels[key], c.lim.LabelValueBytes)
	}
}

// atMost checks the length of a list and reports whether it may be looked at.
func (c *checker) atMost(path string, n, limit int) bool {
	if n > limit {
		c.fault(path, "has %d entries; make it at most %d", n, limit)
	}
	return n <= limit
}

// name checks what is used in environment variables, URLs and task ids.
func (c *checker) name(path, name string) {
	if fault := visible.Fault(name); fault != "" {
		c.fault(path, "%s %s", quote(name), fault)
		return
	}
	wrong := strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) })
	if wrong || name == "" || strings.ContainsAny(name[:1], "-_.") {
		c.fault(path, "%s must consist of letters, digits and . _ -, a letter or digit first", quote(name))
		return
	}
	c.text(path, name, c.lim.NameBytes)
}

// text checks what every string must be: short, UTF-8, and seen as it is by who reads
// it. It reports whether it is.
func (c *checker) text(path, text string, limit int) bool {
	switch {
	case len(text) > limit:
		c.fault(path, "is %d bytes; make it at most %d", len(text), limit)
	case !utf8.ValidString(text):
		c.fault(path, "is not valid UTF-8; send it as UTF-8")
	case c.stored && !strings.ContainsFunc(text, unicode.IsControl):
		return true
	default:
		fault := visible.Fault(text)
		if fault == "" {
			return true
		}
		c.fault(path, "%s %s", quote(text), fault)
	}
	return false
}

// oneOf checks a word, and reports whether it is one of those that are known.
func (c *checker) oneOf(path, word string, known ...string) bool {
	if slices.Contains(known, word) {
		return true
	}
	c.fault(path, "%s is not known; use %s", quote(word), alternatives(known))
	return false
}

// duration checks that a span of time is neither negative nor endless.
func (c *checker) duration(path string, d, limit Duration) {
	switch {
	case d < 0:
		c.fault(path, "must not be negative, is %s", d)
	case d > limit:
		c.fault(path, "is %s; make it at most %s", d, limit)
	}
}
