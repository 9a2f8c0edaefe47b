package job

import (
	"strings"

	"github.com/milosgajdos/taurus/internal/job/cron"
)

// series checks what makes a job one whose runs are jobs of their own.
func (c *checker) series(s *Spec) {
	switch {
	case s.Kind == KindPeriodic && s.Schedule == nil:
		c.fault("schedule", `is missing; say when the job runs: {"cron": "30 2 * * *"}`)
	case s.Kind != KindPeriodic && s.Schedule != nil:
		c.fault("schedule", `only a periodic job has one; use the kind "periodic", or remove it`)
	}
	if s.Dispatch != nil && s.Kind != KindBatch {
		c.fault("dispatch", `only a batch job is dispatched; use the kind "batch", or remove it`)
	}
	if s.Series() && len(s.ID) > c.lim.IDBytes-runIDRoom {
		c.fault("id", "is %d bytes; make it at most %d, as those of its runs are longer", len(s.ID), c.lim.IDBytes-runIDRoom)
	}
	if s.Schedule != nil {
		c.schedule("schedule", s.Schedule)
	}
	if s.Dispatch != nil {
		c.dispatch("dispatch", s)
	}
}

// schedule checks when a job runs.
func (c *checker) schedule(at string, s *Schedule) {
	lines := join(at, "cron")
	switch {
	case len(s.Cron) == 0:
		c.fault(lines, `is missing; give five fields such as "30 2 * * *", or a list of such`)
	case c.atMost(lines, len(s.Cron), c.lim.ScheduleLines):
		for i, text := range s.Cron {
			path := lines
			if len(s.Cron) > 1 {
				path = index(lines, i)
			}
			if err := cron.Check(text); err != nil {
				c.fault(path, "%s %s", quote(text), err)
			}
		}
	}
	if _, err := cron.Zone(s.TimeZone); err != nil {
		c.fault(join(at, "time_zone"), "%s", err)
	}
	c.oneOf(join(at, "overlap"), s.Overlap, OverlapAllow, OverlapForbid, OverlapReplace)
	c.oneOf(join(at, "missed"), s.Missed, MissedNone, MissedLast, MissedAll)
	c.duration(join(at, "start_deadline"), s.StartDeadline, c.lim.Duration)
	c.keepRuns(join(at, "keep_runs"), s.KeepRuns)
}

func (c *checker) keepRuns(at string, n uint32) {
	if n > c.lim.KeepRuns {
		c.fault(at, "is %d; make it at most %d", n, c.lim.KeepRuns)
	}
}

// dispatch checks what runs that are asked for may be given.
func (c *checker) dispatch(at string, s *Spec) {
	c.keepRuns(join(at, "keep_runs"), s.Dispatch.KeepRuns)
	parameters := join(at, "parameters")
	if !c.atMost(parameters, len(s.Dispatch.Parameters), c.lim.DispatchParameters) {
		return
	}
	for _, name := range sortedKeys(s.Dispatch.Parameters) {
		p, here := s.Dispatch.Parameters[name], join(parameters, name)
		if !variableName(name) {
			c.fault(here, "becomes an environment variable, so its name consists of letters, digits and _, and begins with no digit; rename it")
		}
		if len(name) > c.lim.NameBytes {
			c.fault(here, "the name is %d bytes; make it at most %d", len(name), c.lim.NameBytes)
		}
		if p.Required && p.Default != "" {
			c.fault(here, "is required, so its default is never used; remove one of the two")
		}
		c.argument(join(here, "default"), p.Default)
		if len(p.Default) > c.lim.TextBytes {
			c.fault(join(here, "default"), "is %d bytes; make it at most %d", len(p.Default), c.lim.TextBytes)
		}
		c.text(join(here, "description"), p.Description, c.lim.TextBytes)
		for i := range s.Tasks {
			if _, set := s.Tasks[i].Env[name]; set {
				c.fault(join(join(index("tasks", i), "env"), name), "is also a parameter of the dispatch; remove one of the two")
			}
		}
	}
}

func variableName(name string) bool {
	wrong := strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	return name != "" && !wrong && (name[0] < '0' || name[0] > '9')
}

// Check returns what is wrong with the parameters that a run is to be given: Faults,
// whose paths begin with parameters, or nil.
func (d *Dispatch) Check(parameters map[string]string, lim Limits) error {
	c := checker{lim: lim}
	for _, name := range sortedKeys(parameters) {
		at := join("parameters", name)
		if _, known := d.Parameters[name]; !known {
			c.fault(at, "is no parameter of the job; it has %s", named(d.Parameters))
			continue
		}
		c.argument(at, parameters[name])
		if len(parameters[name]) > lim.TextBytes {
			c.fault(at, "is %d bytes; make it at most %d", len(parameters[name]), lim.TextBytes)
		}
	}
	for _, name := range sortedKeys(d.Parameters) {
		if _, given := parameters[name]; d.Parameters[name].Required && !given {
			c.fault(join("parameters", name), "is required; give it a value")
		}
	}
	return c.faults.err()
}

// named lists the names of parameters.
func named(parameters map[string]DispatchParameter) string {
	if len(parameters) == 0 {
		return "none"
	}
	return strings.Join(sortedKeys(parameters), ", ")
}

// boundSeries checks what a stored series must hold to.
func (c *checker) boundSeries(s *Spec) {
	if s.Schedule != nil {
		c.atMost("schedule.cron", len(s.Schedule.Cron), c.lim.ScheduleLines)
		c.keepRuns("schedule.keep_runs", s.Schedule.KeepRuns)
		c.duration("schedule.start_deadline", s.Schedule.StartDeadline, c.lim.Duration)
	}
	if s.Dispatch != nil {
		c.atMost("dispatch.parameters", len(s.Dispatch.Parameters), c.lim.DispatchParameters)
		c.keepRuns("dispatch.keep_runs", s.Dispatch.KeepRuns)
	}
	if s.Kind == KindPeriodic && s.Schedule == nil {
		c.fault("schedule", "is missing")
	}
}
