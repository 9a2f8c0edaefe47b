package v2

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/visible"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// agents are what tasks run on.
type agents struct {
	reader    *reader.Reader
	commander Commander
	verdicts  *projection.Verdicts
	now       func() time.Time
}

// agentList is all agents that are known, or those of one host.
type agentList struct {
	Agents   []projection.AgentView `json:"agents"`
	Sequence uint64                 `json:"sequence"`
}

func (a *agents) list(c echo.Context) error {
	offered := a.verdicts.Agents()
	if c.QueryParam("at") != "" {
		offered = nil // Of what was offered then not all is known any more.
	}
	var list agentList
	err := a.reader.Scan(c, func(m *projection.Model, at reader.Moment) {
		list = agentList{Agents: m.Agents(offered, at.Now, seen(c)), Sequence: at.Sequence}
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

// draining is the body of a drain request, which may be empty.
type draining struct {
	Reason string `json:"reason"`
	// Deadline is a time of RFC 3339; empty for none.
	Deadline string `json:"deadline"`
}

func (d draining) deadline() (time.Time, error) {
	if d.Deadline == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, d.Deadline)
	if err != nil {
		return time.Time{}, web.BadParam("deadline", "%q must be a time such as 2006-01-02T15:04:05Z", web.Cleaned(d.Deadline, web.WordMax))
	}
	return t.UTC(), nil
}

func (a *agents) drain(c echo.Context) error {
	name, err := hostOf(c)
	if err != nil {
		return err
	}
	var want draining
	if err := decode(c, &want); err != nil {
		return err
	}
	deadline, err := want.deadline()
	if err != nil {
		return err
	}
	place, host := projection.PlaceOf(a.known(), name)
	return a.change(c, name, submission.Drain{
		Place: place, Hostname: host, Reason: web.Cleaned(want.Reason, reasonMax), Deadline: deadline,
	})
}

func (a *agents) undrain(c echo.Context) error {
	name, err := hostOf(c)
	if err != nil {
		return err
	}
	place, _ := projection.PlaceOf(a.known(), name)
	return a.change(c, name, submission.Undrain{Place: place, Reason: web.Cleaned(c.QueryParam("reason"), reasonMax)})
}

// known are the agents that are known now.
func (a *agents) known() (list []projection.AgentView) {
	offered := a.verdicts.Agents()
	a.reader.View(func(m *projection.Model) { list = m.Agents(offered, a.now(), nil) })
	return list
}

// change carries a command out and answers with the agents of the place after it.
func (a *agents) change(c echo.Context, name string, cmd submission.AgentCommand) error {
	sequence, err := a.commander.DoAgents(c.Request().Context(), web.RequestOf(c).Author, cmd)
	if err != nil {
		return err
	}
	known := a.known()
	place, _ := projection.PlaceOf(known, name)
	web.SetSequence(c, sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, agentList{Agents: projection.At(known, place), Sequence: sequence})
}

// hostMax bounds the name of a host or the id of an agent, in bytes.
const hostMax = 255

// hostOf is the host or agent in the path.
func hostOf(c echo.Context) (string, error) {
	name, err := web.PathWord(c, "host")
	if err != nil {
		return "", err
	}
	if fault := visible.Fault(name); fault != "" {
		return "", web.BadParam("host", "%s", fault)
	}
	if name == "" || len(name) > hostMax || web.Cleaned(name, hostMax) != name {
		return "", web.BadParam("host", "must be the name of a host, or the id of an agent, of at most %d bytes", hostMax)
	}
	return name, nil
}
