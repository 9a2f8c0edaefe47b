package browser_test

import (
	"strconv"
	"testing"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// site is an api with a job that runs, as browsers reach it.
type site struct {
	*apitest.Rig
	t   *testing.T
	url string
}

// newSite has requests without a credential be what anonymous says.
func newSite(t *testing.T, anonymous string) *site {
	t.Helper()
	r := apitest.New(t, func(o *api.Options) {
		o.Anonymous = anonymous
	})
	s := &site{Rig: r, t: t, url: "http://" + r.API.Addr()}
	s.run("web")
	return s
}

// run has a job run that somebody else has submitted.
func (s *site) run(job string) {
	s.t.Helper()
	spec := []byte(`{"id":"` + job + `","kind":"service","tasks":[{"name":"web","replicas":2,"container":{"image":"nginx"}}]}`)
	run := s.Append(s.Space.Job(job), events.JobSubmitted{Spec: spec})
	s.Launch(job, run, 2)
}

// token makes one of somebody with roles, and returns it and its id.
func (s *site) token(owner string, roles ...string) (text, id string) {
	s.t.Helper()
	made, err := authn.MakeToken()
	if err != nil {
		s.t.Fatal(err)
	}
	s.Append(events.AccessSubject, events.TokenCreated{ID: made.ID, Owner: owner, Hash: made.Hash(), Roles: roles})
	return made.Text(), made.ID
}

// last is the last sequence of the log.
func (s *site) last() string {
	s.t.Helper()
	b, err := s.Log.Bounds(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return strconv.FormatUint(b.Last, 10)
}
