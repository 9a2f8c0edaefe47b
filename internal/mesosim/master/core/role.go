package core

import (
	"maps"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// Role is a role and what it has, the roles below it included (7.1): amounts by
// name.
type Role struct {
	Name                                   string
	Frameworks                             []string
	Allocated, Offered, Reserved, Consumed map[string]float64
}

// Roles are those that the master allows, or else those of frameworks and of
// reservations, and those above them, by name.
func (m *Master) Roles() []Role {
	frameworks := map[string][]string{}
	for _, f := range m.sortedFrameworks() {
		for _, name := range validate.Roles(&f.info) {
			frameworks[name] = append(frameworks[name], f.id)
		}
	}
	known := map[string]bool{}
	know := func(name string) {
		for known[name] = true; strings.Contains(name, "/"); {
			name = name[:strings.LastIndex(name, "/")]
			known[name] = true
		}
	}
	if len(m.cfg.Roles) > 0 {
		for _, name := range m.cfg.Roles {
			know(name)
		}
	} else {
		for name := range frameworks {
			know(name)
		}
		for _, a := range m.order {
			for _, r := range a.total.Messages(resource.Format{Refined: true}) {
				if n := len(r.Reservations); n > 0 {
					know(r.Reservations[n-1].GetRole())
				}
			}
		}
	}
	out := make([]Role, 0, len(known))
	for _, name := range slices.Sorted(maps.Keys(known)) {
		out = append(out, m.roleOf(name, frameworks[name]))
	}
	return out
}

func (m *Master) roleOf(name string, frameworks []string) Role {
	allocated, offered, reserved, unused := amounts{}, amounts{}, amounts{}, amounts{}
	for _, f := range m.frameworks {
		for _, t := range f.tasks {
			if !terminal(t.state) && within(t.role, name) {
				allocated.add(t.set)
			}
		}
	}
	for _, o := range m.offers {
		if within(o.role, name) {
			offered.add(o.set)
		}
	}
	for _, a := range m.order {
		reserved.add(reservedFor(a.total, name))
		unused.add(reservedFor(a.total, name))
		unused.sub(reservedFor(a.used, name))
	}
	consumed := maps.Clone(allocated)
	for kind, v := range unused {
		consumed[kind] += v
	}
	return Role{
		Name: name, Frameworks: frameworks, Allocated: allocated.floats(), Offered: offered.floats(), Reserved: reserved.floats(),
		Consumed: consumed.floats(),
	}
}

// within reports whether a role is another one, or below it.
func within(role, other string) bool { return role == other || strings.HasPrefix(role, other+"/") }

func reservedFor(s resource.Set, role string) resource.Set {
	return resource.New(slices.DeleteFunc(s.Messages(resource.Format{Refined: true}), func(r mesos.Resource) bool {
		n := len(r.Reservations)
		return n == 0 || !within(r.Reservations[n-1].GetRole(), role)
	}))
}

// floats are the amounts that are not zero.
func (a amounts) floats() map[string]float64 {
	out := map[string]float64{}
	for name, v := range a {
		if v != 0 {
			out[name] = v.Float()
		}
	}
	return out
}

// ShowRoles is GET_ROLES.
func (m *Master) ShowRoles() *master.Response_GetRoles {
	out := &master.Response_GetRoles{}
	for _, role := range m.Roles() {
		r := mesos.Role{Name: role.Name, Weight: 1}
		for _, id := range role.Frameworks {
			r.Frameworks = append(r.Frameworks, mesos.FrameworkID{Value: id})
		}
		for _, kind := range []string{"cpus", "disk", "gpus", "mem"} {
			if v := role.Allocated[kind] + role.Offered[kind]; v != 0 {
				r.Resources = append(r.Resources, mesos.Resource{Name: kind, Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: v}})
			}
		}
		out.Roles = append(out.Roles, r)
	}
	return out
}
