package api

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/ready"
)

// The other roles, as they call themselves in their presence.
const (
	rolePlanner  = "planner"
	roleLauncher = "launcher"
	roleReaper   = "reaper"
)

// parts is what is wrong with the parts that jobs wait for.
func (s *Service) parts() projection.Parts {
	var p projection.Parts
	if s.opts.Presence != nil {
		p.Planner, p.Launcher, p.Reaper = s.part(rolePlanner), s.part(roleLauncher), s.part(roleReaper)
		if s.opts.Presence.Fails(rolePlanner, ready.CheckRoom) {
			p.Log, p.Planner = p.Planner.Unable, projection.Part{}
		}
	}
	if s.opts.Report != nil {
		report := s.opts.Report()
		if room, ok := report.Of(ready.CheckRoom); ok && room.Level == ready.Fail {
			p.Log = room.Detail
		}
		if c, ok := report.Of(ready.CheckWrite); ok && c.Level == ready.Fail && c.Restart {
			// What the others say of themselves is old, since they cannot write either.
			return projection.Parts{Stuck: stuck(c, report)}
		}
	}
	if p.Log == "" {
		p.Log = s.fullness()
	}
	w := s.commander.Space()
	p.Room = projection.Room{Bytes: w.Bytes, MaxBytes: w.MaxBytes, Ends: w.Ends}
	return p
}

// stuck says that nothing is stored, and what the last append has to say of it.
func stuck(write ready.Check, report ready.Report) string {
	why := write.Detail
	if c, ok := report.Of(ready.CheckAppend); ok && c.Level == ready.Fail {
		why += "; " + c.Detail
	}
	return why
}

// fullness says how full the log is if nothing new begins for want of space, empty
// otherwise.
func (s *Service) fullness() string {
	w := s.commander.Space()
	if w.Begins() {
		return ""
	}
	return "the log is nearly full, so nothing new begins: " + commanding.Fullness(w.Bytes, w.MaxBytes, w.Reserved) +
		fmt.Sprintf("; raise its limit: taurus log resize --max-bytes %dMiB", (w.BeginsFrom()+1<<20-1)>>20)
}

func (s *Service) part(role string) projection.Part {
	w := s.opts.Presence
	return projection.Part{Missing: w.Missing(role), Unable: w.Unable(role)}
}

// Checks say more than Ready: which other parts are missing. The api does its work
// without them, but jobs wait.
func (s *Service) Checks() []ready.Check {
	checks := append([]ready.Check{ready.Work(s.Ready())}, s.audit.Checks()...)
	if full := s.fullness(); full != "" {
		checks = append(checks, ready.Check{Name: "reserve", Level: ready.Warn, Detail: full})
	}
	if c, refused := s.policyCheck(); refused {
		checks = append(checks, c)
	}
	if s.opts.Presence == nil {
		return checks
	}
	if _, err := s.opts.Presence.All(); err != nil {
		return append(checks, ready.Check{Name: "parts", Level: ready.Warn, Detail: err.Error()})
	}
	for _, role := range []string{rolePlanner, roleLauncher, roleReaper} {
		switch p := s.part(role); {
		case p.Missing != "":
			checks = append(checks, ready.Check{Name: "parts", Level: ready.Warn, Detail: fmt.Sprintf("%s: start taurus-%s", p.Missing, role)})
		case p.Unable != "":
			checks = append(checks, ready.Check{Name: "parts", Level: ready.Warn, Detail: p.Unable})
		}
	}
	return checks
}
