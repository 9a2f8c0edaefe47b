package access

// The built-in roles. They cannot be set or removed.
const (
	RoleReader    = "reader"
	RoleOperator  = "operator"
	RoleAdmin     = "admin"
	RoleAnonymous = "anonymous"
)

// builtIn is BuiltIn, made once: it is asked for every job of a list.
//
//nolint:gochecknoglobals // Never written after start.
var builtIn = BuiltIn()

// BuiltIn are the roles that are always there.
func BuiltIn() map[string][]Grant {
	every := []string{All}
	return map[string][]Grant{
		RoleReader:   {{Rights: []Right{Read, Logs, Explain, History}, Jobs: every}},
		RoleOperator: {{Rights: []Right{Read, Logs, Submit, Update, Scale, Stop, Delete, Explain, History}, Jobs: every}},
		RoleAdmin:    {{Rights: Rights(), Jobs: every}},
		// What the original's first lines, and looking at what came of them, ask for.
		RoleAnonymous: {{Rights: []Right{Read, Submit, Stop, Explain, History}, Jobs: every}},
	}
}

// May reports whether the roles of a principal give a right on a job; an empty id is the
// cluster.
func May(roles map[string][]Grant, p Principal, r Right, job string) bool {
	return GrantsOf(roles, p).May(r, job)
}

// MayAny reports whether there could be a job that the principal has the right on.
func MayAny(roles map[string][]Grant, p Principal, r Right) bool {
	return GrantsOf(roles, p).MayAny(r)
}
