package web

import "fmt"

// About is what a request needs the right of its route on. Its zero value is nothing.
type About struct {
	scope scope
	param string
}

type scope int

const (
	ofNothing scope = iota
	ofJob
	ofAny
	ofSent
	ofCluster
)

// JobIn is the job whose id a parameter of the path is.
func JobIn(param string) About { return About{scope: ofJob, param: param} }

// AnyJob is some job, whichever: the handler leaves out those that the request may not
// look at (Request.Sees), or asks for those that the body names (Permit).
func AnyJob() About { return About{scope: ofAny} }

// SentJob is the job that the body is of: the handler asks once it has read it (Permit).
func SentJob() About { return About{scope: ofSent} }

// Cluster is no job.
func Cluster() About { return About{scope: ofCluster} }

// unasked returns what a route lacks of saying who may use it, empty if nothing.
func (r Route) unasked() string {
	if r.Open {
		if r.Right != "" || r.Else != "" || r.About != (About{}) {
			return "is open, and has a right"
		}
		return ""
	}
	switch {
	case !r.Right.Known():
		return fmt.Sprintf("has no right that there is (%q), and is not open", r.Right)
	case r.Else != "" && !r.Else.Known():
		return fmt.Sprintf("has no other right that there is (%q)", r.Else)
	case r.About.scope == ofNothing:
		return "does not say what its right is on"
	case r.About.scope != ofCluster && r.Right.OnCluster():
		return fmt.Sprintf("has the right %q, which is on the cluster, on something else", r.Right)
	case r.Fixed:
		return "is answered before it is known what anybody may do, so it must be open"
	}
	return ""
}
