package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/visible"
)

// The bounds of what a command may ask for.
const (
	// NameBytes bounds the names of owners, groups and roles, and patterns of ids.
	NameBytes = 200
	// ReasonBytes bounds why a token is revoked.
	ReasonBytes = 1 << 10
	// GrantsMax bounds the grants of a role, PatternsMax the patterns of a grant, and
	// RolesEach the roles of a token or group.
	GrantsMax   = 100
	PatternsMax = 100
	RolesEach   = 100
	// PolicyBytes bounds the text of a policy.
	PolicyBytes = 256 << 10

	// idDigits and hashDigits are how many hexadecimal digits ids and hashes have.
	idDigits, hashDigits = 32, 64
)

// faults are what is wrong with a command, and the mends.
type faults job.Faults

func (f *faults) add(path, format string, args ...any) {
	*f = append(*f, job.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(*f) == 0 {
		return nil
	}
	return job.Faults(*f)
}

// name checks what people and programs are called by others.
func (f *faults) name(path, name string) {
	switch {
	case name == "":
		f.add(path, "is missing; give a name")
	case strings.TrimSpace(name) != name:
		f.add(path, "begins or ends with a space; remove it")
	case len(name) > NameBytes:
		f.add(path, "is %d bytes; make it at most %d", len(name), NameBytes)
	default:
		f.seen(path, name, visible.NameFault)
	}
}

func (f *faults) text(path, text string) {
	switch {
	case len(text) > ReasonBytes:
		f.add(path, "is %d bytes; make it at most %d", len(text), ReasonBytes)
	default:
		f.seen(path, text, visible.Fault)
	}
}

// seen checks that a text is read as it is: what somebody is called is shown to others.
func (f *faults) seen(path, text string, is func(string) string) {
	if !utf8.ValidString(text) {
		f.add(path, "is not valid UTF-8; send it as UTF-8")
	} else if fault := is(text); fault != "" {
		f.add(path, "%s", fault)
	}
}

var (
	roleForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hexForm  = regexp.MustCompile(`^[0-9a-f]*$`)
)

func (f *faults) roleName(path, name string) {
	switch {
	case len(name) > NameBytes:
		f.add(path, "is %d bytes; make it at most %d", len(name), NameBytes)
	case !roleForm.MatchString(name):
		f.add(path, "%q is no name of a role; use letters, digits, dots, underscores and dashes, beginning with a letter or a digit", name)
	}
}

func (f *faults) hex(path, text string, digits int) {
	if len(text) != digits || !hexForm.MatchString(text) {
		f.add(path, "is not %d hexadecimal digits in lower case", digits)
	}
}

// roles checks that roles are there.
func (f *faults) roles(s *State, names []string) {
	if len(names) > RolesEach {
		f.add("roles", "has %d; name at most %d", len(names), RolesEach)
		return
	}
	for i, name := range names {
		at := fmt.Sprintf("roles[%d]", i)
		if _, known := s.Role(name); !known {
			f.add(at, "there is no role %q; set it first with `taurus role set`, or use reader, operator or admin", name)
		}
		if slices.Contains(names[:i], name) {
			f.add(at, "%q is named twice; remove one", name)
		}
	}
}

func (f *faults) grants(list []Grant) {
	switch {
	case len(list) == 0:
		f.add("grants", "is missing; give at least one, or remove the role")
	case len(list) > GrantsMax:
		f.add("grants", "has %d; give at most %d", len(list), GrantsMax)
		return
	}
	for i, g := range list {
		f.grant(fmt.Sprintf("grants[%d]", i), g)
	}
}

func (f *faults) grant(at string, g Grant) {
	if len(g.Rights) == 0 {
		f.add(at+".rights", "is missing; name at least one of %s", rightNames())
	}
	for i, r := range g.Rights {
		path := fmt.Sprintf("%s.rights[%d]", at, i)
		switch {
		case !r.Known():
			f.add(path, "there is no right %q; use %s", r, rightNames())
		case slices.Contains(g.Rights[:i], r):
			f.add(path, "%s is named twice; remove one", r)
		case r.OnCluster() && !slices.Contains(g.Jobs, All):
			f.add(path, `%s is on the cluster, and needs "jobs": ["*"]; put it in a grant of its own`, r)
		}
	}
	if len(g.Jobs) == 0 {
		f.add(at+".jobs", `is missing; name ids, beginnings such as "shop/*", or "*" for all jobs`)
	}
	if len(g.Jobs) > PatternsMax {
		f.add(at+".jobs", "has %d; name at most %d", len(g.Jobs), PatternsMax)
		return
	}
	for i, pattern := range g.Jobs {
		f.pattern(fmt.Sprintf("%s.jobs[%d]", at, i), pattern)
	}
}

func (f *faults) pattern(path, pattern string) {
	f.name(path, pattern)
	if strings.Contains(strings.TrimSuffix(pattern, "*"), "*") {
		f.add(path, `%q has an asterisk that is not at its end; name a beginning, such as "shop/*"`, pattern)
	}
}

func rightNames() string {
	names := make([]string, 0, len(Rights()))
	for _, r := range Rights() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}
