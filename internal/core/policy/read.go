package policy

import "github.com/milosgajdos/taurus/internal/job"

// Read is the policy that the log says. One that this program cannot read, as it is of a newer
// one, lets nobody ask for anything: to go by less than was meant would be to allow it.
func Read(text string) *Policy {
	p, err := Decode([]byte(text))
	if err != nil {
		return &Policy{unread: err.Error()}
	}
	return p
}

// Unread says why the policy cannot be read, empty if it can.
func (p *Policy) Unread() string { return p.unread }

// closed is what is told of every job while the policy cannot be read.
func (p *Policy) closed() []Violation {
	return []Violation{{"policy", "policy", "cannot be read by this version of taurus, so nothing is started anew: " + excerpt(p.unread) + "; upgrade it, or set a policy that it knows"}}
}

// Open lets every job ask for anything.
func Open() *Policy {
	return &Policy{Rules: []Rule{{
		Name: "open", Privileged: true, HostNetwork: true, HostCommands: true,
		Volumes: []Volume{{Path: "/"}}, Parameters: []Parameter{{Name: everything}}, URIs: []string{everything}, Secrets: []string{everything},
	}}}
}

// Faults are violations as what is wrong with the fields of a job.
func Faults(all []Violation) job.Faults {
	faults := make(job.Faults, len(all))
	for i, v := range all {
		faults[i] = job.Fault{Path: v.Path, Message: v.Message, Rule: v.Rule}
	}
	return faults
}
