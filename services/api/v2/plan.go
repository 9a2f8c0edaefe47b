package v2

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/web"
)

// planned is what would become of a job that was sent.
type planned struct {
	Job string `json:"job"`
	projection.Update
	// Spec is the job with its defaults.
	Spec *job.Spec `json:"spec"`
	// Foreseen is what would happen, on the agents as they offered last; absent while none
	// has offered anything.
	Foreseen *projection.Foreseen `json:"foreseen,omitzero"`
	// Sequence is what is known of the log.
	Sequence uint64      `json:"sequence"`
	Warnings []job.Fault `json:"warnings,omitempty"`
}

// plan answers what a command would lead to, and stores nothing. What would be refused is
// refused.
func (j *jobs) plan(c echo.Context, s sent, command submission.Command) error {
	p := planned{Job: s.spec.ID, Spec: s.spec, Warnings: s.warnings}
	told, err := j.foresees.tell(c, func(state *cluster.State, _ []foresight.Agent) (q foresight.Question, err error) {
		was := state.Jobs[s.spec.ID]
		ev, err := commanding.Decide(j.foresees.rules(c), state, s.spec.ID, command)
		if err != nil {
			return q, err
		}
		q.Tells = foretold(c, s.spec.ID)
		p.Sequence, p.Update = state.Sequence, updateBy(was, ev, s.spec)
		if ev != nil {
			q.Drafts = []foresight.Draft{{Subject: j.foresees.space.Job(s.spec.ID), Event: ev}}
		}
		return q, nil
	})
	if err != nil {
		return err
	}
	if told.Agents.Known+told.Agents.Unoffered > 0 {
		p.Foreseen = &told
	}
	web.SetSequence(c, p.Sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, p)
}

// updateBy is what an event would make of a job, which becomes as spec says; it may be
// none.
func updateBy(j *cluster.Job, ev events.Event, spec *job.Spec) projection.Update {
	switch ev := ev.(type) {
	case events.JobUpdated:
		return projection.UpdateOf(j.Spec, spec, ev.Version)
	case events.JobSubmitted:
		return projection.UpdateOf(nil, spec, 1)
	default:
		return projection.Update{Outcome: projection.UpdateUnchanged, Version: j.Version, Changes: []job.Change{}, Steps: []job.Step{}}
	}
}
