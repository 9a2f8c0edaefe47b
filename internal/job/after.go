package job

import (
	"slices"
	"strings"
)

// afterJobs checks which jobs a job starts after.
func (c *checker) afterJobs(s *Spec) {
	if !c.atMost("after", len(s.After), c.lim.After) {
		return
	}
	for i, id := range s.After {
		at := index("after", i)
		switch {
		case id == s.ID:
			c.fault(at, "is the job itself, which would wait for ever; remove it")
		case id == "" || len(id) > c.lim.IDBytes:
			c.fault(at, "%s is no id of a job, which has 1 to %d bytes", quote(id), c.lim.IDBytes)
		case slices.Index(s.After, id) < i:
			c.fault(at, "%s is there twice; remove one", quote(id))
		default:
			c.text(at, id, c.lim.IDBytes)
		}
	}
}

// afterGroups checks which groups the groups of a job start after: others of the job,
// and not in a circle.
func (c *checker) afterGroups(s *Spec) {
	names := map[string]*Group{}
	for i := range s.Tasks {
		names[s.Tasks[i].Name] = &s.Tasks[i]
	}
	known := true
	for i := range s.Tasks {
		known = c.afterOf(join(index("tasks", i), "after"), &s.Tasks[i], names) && known
	}
	if !known {
		return
	}
	for i := range s.Tasks {
		if circle := circleOf(&s.Tasks[i], names); circle != nil {
			c.fault(join(index("tasks", i), "after"), "goes in a circle, none of which would ever start: %s; remove one", strings.Join(circle, " after "))
			return // The others of the circle would say the same.
		}
	}
}

func (c *checker) afterOf(at string, g *Group, names map[string]*Group) bool {
	if !c.atMost(at, len(g.After), c.lim.Groups) {
		return false
	}
	known := true
	for i, name := range g.After {
		switch {
		case name == g.Name:
			c.fault(index(at, i), "is the group itself, which would wait for ever; remove it")
		case names[name] == nil:
			c.fault(index(at, i), "the job has no group %s; name one of its groups", quote(name))
		case slices.Index(g.After, name) < i:
			c.fault(index(at, i), "%s is there twice; remove one", quote(name))
		default:
			continue
		}
		known = false
	}
	return known
}

// circleOf returns the groups from one back to itself, by what each comes after; nil if
// there is no such way.
func circleOf(g *Group, names map[string]*Group) []string {
	seen := map[string]bool{}
	var path []string
	var visit func(name string) bool
	visit = func(name string) bool {
		path = append(path, name)
		if name == g.Name && len(path) > 1 {
			return true
		}
		if !seen[name] {
			seen[name] = true
			if slices.ContainsFunc(names[name].After, visit) {
				return true
			}
		}
		path = path[:len(path)-1]
		return false
	}
	if visit(g.Name) {
		return path
	}
	return nil
}
