package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Access knows who asks, and what they may do.
type Access interface {
	// Who finds out who asks. Who says nothing of themselves is anonymous; the error is of
	// what they say, if that is wrong.
	Who(*http.Request) (access.Principal, error)
	// Standing is what somebody may do at this moment. The error is why they would not be
	// believed any more.
	Standing(access.Principal) (Standing, error)
}

// Standing is what somebody may do, until it changes.
type Standing struct {
	Grants access.Grants
	// Until is when they are not believed any more, zero for never, and Changed is closed
	// once it is to be asked again.
	Until   time.Time
	Changed <-chan struct{}
}

// identified finds out who asks.
func (f *frame) identified(route Route, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if f.Access == nil {
			return next(c)
		}
		r := RequestOf(c)
		var err error
		if r.Principal, err = f.Access.Who(c.Request()); err != nil {
			return f.failed(c, err)
		}
		if err := f.paced(c, route, r.Principal); err != nil {
			return err
		}
		standing, err := f.Access.Standing(r.Principal)
		if err != nil {
			return f.failed(c, err)
		}
		r.access, r.standing, r.grants = f.Access, standing, standing.Grants
		r.Author.Actor = r.Principal.Name
		if err := r.represents(c); err != nil {
			return err
		}
		r.Author.Who = r.Principal
		return next(c)
	}
}

// represents notes for whom it is asked, if it is for somebody else.
func (r *Request) represents(c echo.Context) error {
	name := Cleaned(c.Request().Header.Get(actorHeader), WordMax)
	if name == "" || name == r.Principal.Name {
		return nil
	}
	if err := Permit(c, access.Impersonate, ""); err != nil {
		return err
	}
	r.Author.OnBehalfOf = name
	return nil
}

// authorised lets a request through that may do what its route is for.
func (f *frame) authorised(route Route, next echo.HandlerFunc) echo.HandlerFunc {
	if route.Open {
		return next
	}
	return func(c echo.Context) error {
		r := RequestOf(c)
		r.looks = looks(route.Right, c.QueryParam("at") != "")
		id := ""
		if route.About.scope == ofJob {
			var err error
			if id, err = JobID(c, route.About.param); err != nil {
				return err
			}
		}
		r.about, r.aboutJob = route.About, id
		for i, right := range r.looks {
			enough := f.enough(r, route.About, right, id)
			if !enough && i == 0 && route.Else != "" {
				enough = f.enough(r, route.About, route.Else, id)
			}
			switch {
			case enough:
			case route.Else != "" && !r.grants.May(access.Read, id):
				// There or not, it comes to the same: the job may not be made here.
				return r.refusal(route.Else, id)
			default:
				return r.hidden(right, id)
			}
		}
		return next(c)
	}
}

// looks are the rights that a route takes, with one to look back: there is no history of
// what one may not read.
func looks(right access.Right, back bool) []access.Right {
	switch {
	case right == access.History:
		return []access.Right{access.Read, access.History}
	case back:
		return []access.Right{right, access.History}
	}
	return []access.Right{right}
}

// enough reports whether a right is there, as far as the frame knows what it is on.
func (f *frame) enough(r *Request, about About, right access.Right, id string) bool {
	r.asked = asked{right, id}
	if about.scope == ofJob || about.scope == ofCluster {
		return r.grants.May(right, id)
	}
	return r.grants.MayAny(right)
}

// hidden is why a right is missing on a job that must be there. One that may not be read is
// not, but for who may submit it: they find out anyway.
func (r *Request) hidden(right access.Right, id string) error {
	err := r.hiddenBy(r.grants, right, id)
	r.hid = r.noJob != nil && err == r.noJob //nolint:errorlint // It is that very value.
	return err
}

// hiddenBy is hidden by other grants than those of the request.
func (r *Request) hiddenBy(g access.Grants, right access.Right, id string) error {
	if id != "" && !r.anonymous() && r.noJob != nil && !g.May(access.Read, id) && !g.May(access.Submit, id) {
		return r.noJob
	}
	return r.refusal(right, id)
}

// asked is what was asked of somebody's rights.
type asked struct {
	right access.Right
	job   string
}

// refusal is a *PermissionError.
func (r *Request) refusal(right access.Right, id string) error {
	return &PermissionError{Right: right, Job: id, Anonymous: r.anonymous()}
}

func (r *Request) anonymous() bool { return r.Principal.By == "" || r.Principal.By == access.Anonymous }

// May reports whether who asks has a right on a job; an empty id is the cluster.
func (r *Request) May(right access.Right, job string) bool { return r.grants.May(right, job) }

// Grants are what who asks may do; they must not be changed.
func (r *Request) Grants() access.Grants { return r.grants }

// Sees reports whether the answer may tell of a job, by the rights that its route needs.
func (r *Request) Sees(job string) bool {
	for _, right := range r.looks {
		if !r.grants.May(right, job) {
			return false
		}
	}
	return true
}

// SeesAll reports whether there is no job that the answer may not tell of.
func (r *Request) SeesAll() bool {
	for _, right := range r.looks {
		if !r.grants.MayAll(right) {
			return false
		}
	}
	return true
}

// LookBack returns nil if who asks may see what is over, of some job, otherwise a
// *PermissionError. The answer may tell of fewer jobs from then on (Request.Sees).
func LookBack(c echo.Context) error {
	r := RequestOf(c)
	r.looks = append(r.looks, access.History)
	r.asked = asked{access.History, ""}
	if r.grants.MayAny(access.History) {
		return nil
	}
	return r.refusal(access.History, "")
}

// Permit returns nil if who asks has a right on a job, otherwise a *PermissionError.
func Permit(c echo.Context, right access.Right, job string) error {
	r := RequestOf(c)
	r.asked = asked{right, job}
	if r.grants.May(right, job) {
		return nil
	}
	return r.refusal(right, job)
}

// PermitThere does the same for a job that must be there: the error is that of one that is
// not where who asks may not know.
func PermitThere(c echo.Context, right access.Right, job string) error {
	if err := Permit(c, right, job); err != nil {
		return RequestOf(c).hidden(right, job)
	}
	return nil
}
