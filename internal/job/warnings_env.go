package job

import (
	"fmt"
	"strings"
)

// Warnings tells what of a normalised spec that is valid will not be as its author may
// think: variables that stand in for those of taurus, or have no effect.
func (s *Spec) Warnings() []Fault {
	var warnings Faults
	for i := range s.Tasks {
		g, at := &s.Tasks[i], index("tasks", i)
		for _, name := range sortedKeys(g.Env) {
			if message := g.warnVariable(name); message != "" && !warnings.full() {
				warnings.add(Fault{Path: join(join(at, "env"), name), Message: message})
			}
		}
		g.warnParameters(join(at, "container"), &warnings)
	}
	return warnings
}

// warnVariable says what becomes of a variable that is not the user's alone, or nothing.
func (g *Group) warnVariable(name string) string {
	if own := OwnVariable(name); own != "" {
		return fmt.Sprintf("has no effect, as it is always %s; choose another name", own)
	}
	if strings.HasPrefix(name, OwnPrefix) {
		return fmt.Sprintf("names that begin with %s are for taurus, and one of a later version may be this; choose another name", OwnPrefix)
	}
	if there := g.replaced(name); there != "" {
		return fmt.Sprintf("is what the task gets, in place of %s; leave it out to have that", there)
	}
	return ""
}

// warnParameters tells of variables that an option of docker run sets over taurus' own.
func (g *Group) warnParameters(at string, warnings *Faults) {
	if g.Container == nil {
		return
	}
	for i, p := range g.Container.Parameters {
		if p.Key != "env" {
			continue
		}
		name, _, _ := strings.Cut(p.Value, "=")
		if own := OwnVariable(name); own != "" {
			warnings.add(Fault{
				Path:    join(index(join(at, "parameters"), i), "value"),
				Message: fmt.Sprintf("replaces %s, by which a task finds %s; choose another name", quote(name), own),
			})
		}
	}
}
