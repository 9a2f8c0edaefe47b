package world

import (
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

// Production makes the machines that the services run.
type Production struct{}

// Build implements Builder.
func (Production) Build(w *World, p *Process, nonce string) machine.Machine {
	space := w.Options.Space
	switch p.Role {
	case "commander":
		return commanding.New(commanding.Config{Space: space, Instance: p.Name, Nonce: nonce, Source: p.Source}, p.State)
	case "planner":
		m := planning.New(space, p.Name, p.State)
		m.BoundKills(w.Options.KillBound)
		return m
	case "reaper":
		return reaping.New(space, p.Name, p.State)
	case "launcher":
		return launching.New(launching.Config{Config: leading.Config{
			Space: space, Instance: p.Name, Source: p.Source, Nonce: nonce, LeaseTTL: w.Options.LeaseTTL, RegisterAnew: p.RegisterAnew,
		}}, p.State)
	}
	return idle{}
}
