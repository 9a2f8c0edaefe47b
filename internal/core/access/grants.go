package access

import "slices"

// Grants are what a principal may do: all that its roles grant.
type Grants []Grant

// GrantsOf is what the roles of a principal grant.
func GrantsOf(roles map[string][]Grant, p Principal) (all Grants) {
	for _, name := range p.Roles {
		all = append(all, roles[name]...)
	}
	return all
}

// May reports whether they give a right on a job; an empty id is the cluster.
func (all Grants) May(r Right, job string) bool {
	return slices.ContainsFunc(all, func(g Grant) bool { return g.Gives(r, job) })
}

// MayAny reports whether there could be a job that they give the right on.
func (all Grants) MayAny(r Right) bool {
	if r.OnCluster() {
		return all.May(r, "")
	}
	return slices.ContainsFunc(all, func(g Grant) bool { return slices.Contains(g.Rights, r) && len(g.Jobs) > 0 })
}

// MayAll reports whether they give the right on every job there could be, so that nothing
// need be left out.
func (all Grants) MayAll(r Right) bool {
	return slices.ContainsFunc(all, func(g Grant) bool { return slices.Contains(g.Rights, r) && slices.Contains(g.Jobs, All) })
}
