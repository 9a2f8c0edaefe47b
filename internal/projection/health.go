package projection

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// health counts a running task by what its health check says, where it has one.
func (c *Counts) health(g *job.Group, t *cluster.Task, by uint32) {
	switch {
	case t.Unhealthy():
		c.Unhealthy += by
	case unchecked(g, t):
		c.Unchecked += by
	}
}

// unchecked reports whether a task runs and its health check has said nothing yet.
func unchecked(g *job.Group, t *cluster.Task) bool {
	return t.State == cluster.Running && t.Healthy == nil && g != nil && g.HealthCheck != nil
}

// sick are the running tasks of one group whose check fails, or has said nothing yet.
type sick struct {
	group              string
	check              string
	unhealthy, unknown Reason
	failed             uint32 // the most failures in a row
}

// sickOf are the groups of a job that have such tasks among slots, in the order of the
// spec.
func sickOf(j *cluster.Job, slots iter.Seq[uint32]) []*sick {
	groups := map[string]*sick{}
	for n := range slots {
		for _, t := range j.Slots[n].Tasks {
			g := j.GroupOf(t)
			if t.State != cluster.Running || t.Doom != nil || t.Unreachable || g == nil {
				continue
			}
			var c Counts
			if c.health(g, t, 1); c == (Counts{}) {
				continue
			}
			s := groups[t.Group]
			if s == nil {
				s = &sick{group: t.Group}
				if g.HealthCheck != nil {
					s.check = " (" + g.HealthCheck.Words() + ")"
				}
				groups[t.Group] = s
			}
			if c.Unhealthy > 0 {
				s.failed = max(s.failed, t.ChecksFailed)
				s.unhealthy.add(n)
			} else {
				s.unknown.add(n)
			}
		}
	}
	return slices.SortedFunc(maps.Values(groups), func(a, b *sick) int {
		return cmp.Compare(indexOf(j, a.group), indexOf(j, b.group))
	})
}

func indexOf(j *cluster.Job, group string) int {
	return slices.IndexFunc(j.Spec.Tasks, func(g job.Group) bool { return g.Name == group })
}

// unhealthyMessage says "2 tasks are unhealthy: their check failed up to 3 times in a row (tcp 80)".
func (s *sick) unhealthyMessage() string {
	n := s.unhealthy.Tasks
	text := fmt.Sprintf("%s %s unhealthy: %s check failed", tasks(n), verb(n, "is", "are"), verb(n, "its", "their"))
	switch {
	case s.failed > 1 && n > 1:
		text += fmt.Sprintf(" up to %d times in a row", s.failed)
	case s.failed > 1:
		text += fmt.Sprintf(" %d times in a row", s.failed)
	case s.failed == 1:
		text += " once"
	}
	return text + s.check
}

func (s *sick) unknownMessage() string {
	n := s.unknown.Tasks
	return fmt.Sprintf("%s %s not checked yet%s", tasks(n), verb(n, "is", "are"), s.check)
}

func verb(n uint32, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// unhealthyDetail says in a list what is wrong with a job that is unhealthy.
func unhealthyDetail(j *cluster.Job, c Counts) string {
	for _, s := range sickOf(j, maps.Keys(j.Slots)) {
		if s.unhealthy.Tasks == c.Unhealthy {
			return s.unhealthyMessage()
		}
	}
	return fmt.Sprintf("%s %s unhealthy", tasks(c.Unhealthy), verb(c.Unhealthy, "is", "are"))
}

// health tells of the tasks that run and are not healthy, or not known to be.
func (e *Explanation) health(j *cluster.Job) {
	if j.Over() || e.Tasks.Unhealthy+e.Tasks.Unchecked == 0 {
		return
	}
	list := sickOf(j, slices.Values(slices.Sorted(maps.Keys(j.Slots))))
	add := func(code Code, r Reason, s *sick, message string) {
		if r.Tasks > 0 {
			r.Code, r.Group, r.Message = code, s.group, message
			e.Reasons = append(e.Reasons, r)
		}
	}
	for _, s := range list {
		add(CodeUnhealthy, s.unhealthy, s, s.unhealthyMessage())
	}
	for _, s := range list {
		add(CodeUnchecked, s.unknown, s, s.unknownMessage())
	}
}
