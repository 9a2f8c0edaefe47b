package v2

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// ForeseesMax is how many questions are answered at once; each costs a core and holds a
// copy of the state. Others wait.
const ForeseesMax = 1

// foresees tells what would happen.
type foresees struct {
	reader   *reader.Reader
	verdicts *projection.Verdicts
	space    events.Space
	limits   job.Limits
	now      func() time.Time
	turns    chan struct{}
	// unset is what jobs may ask for while the log has no policy.
	unset *policy.Policy
}

// rules are what jobs may ask for, as who asks does.
func (f *foresees) rules(c echo.Context) commanding.Rules {
	return commanding.Rules{Who: web.RequestOf(c).Author.Who, Unset: f.unset}
}

// supposing is the body of a question: what would be different, in this order.
type supposing struct {
	// Run is a job file.
	Run   jsontext.Value `json:"run"`
	Scale *struct {
		Job      string  `json:"job"`
		Group    string  `json:"group"`
		Replicas *uint32 `json:"replicas"`
	} `json:"scale"`
	Drain *whichAgents `json:"drain"`
	Lose  *whichAgents `json:"lose"`
}

// whichAgents names agents by their host, or by an attribute.
type whichAgents struct {
	Host      string `json:"host"`
	Attribute string `json:"attribute"`
	Value     string `json:"value"`
}

// answer tells what would happen if things were as the body says.
func (f *foresees) answer(c echo.Context) error {
	var want supposing
	if err := decode(c, &want); err != nil {
		return err
	}
	if want.Run == nil && want.Scale == nil && want.Drain == nil && want.Lose == nil {
		return job.Faults{{Path: "body", Message: "asks nothing; give run, scale, drain or lose"}}
	}
	spec, err := f.spec(c, want.Run)
	if err != nil {
		return err
	}
	if spec != nil {
		if err := web.Permit(c, access.Explain, spec.ID); err != nil {
			return err
		}
	}
	if want.Scale != nil {
		if err := web.PermitThere(c, access.Explain, want.Scale.Job); err != nil {
			return err
		}
	}
	told, err := f.tell(c, func(state *cluster.State, agents []foresight.Agent) (foresight.Question, error) {
		return f.question(f.rules(c), state, agents, want, spec)
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, told)
}

// tell answers a question that is asked once a copy of the state is there.
func (f *foresees) tell(c echo.Context, ask func(*cluster.State, []foresight.Agent) (foresight.Question, error)) (told projection.Foreseen, err error) {
	select {
	case f.turns <- struct{}{}:
	case <-c.Request().Context().Done():
		return told, c.Request().Context().Err()
	}
	defer func() { <-f.turns }()
	var state *cluster.State
	err = f.reader.Read(c, func(m *projection.Model, _ reader.Moment) { state = m.Copy() })
	if err != nil {
		return told, err
	}
	sequence := state.Sequence
	agents, about := projection.Known(state, f.verdicts.Agents())
	q, err := ask(state, agents)
	if err != nil {
		return told, err
	}
	if q.Tells == nil {
		q.Tells = foretold(c, "")
	}
	now := f.now()
	if len(q.Drafts) > 0 || len(q.Lost) > 0 {
		told = projection.ForeseenOf(foresight.Foresee(state, agents, q, f.space, now))
	} else {
		told = projection.ForeseenOf(foresight.Answer{Settled: true})
	}
	told.Agents, told.Log, told.Time = about, sequence, now.UTC()
	return told, nil
}

// spec reads the job that would be run.
func (f *foresees) spec(c echo.Context, data jsontext.Value) (*job.Spec, error) {
	if data == nil {
		return nil, nil
	}
	file, err := job.NewFile(data, web.JSONType)
	if err != nil {
		return nil, err
	}
	spec, err := file.Decode()
	if err != nil {
		return nil, spec.AllFaults(err, f.limits)
	}
	_, err = web.Canonical(c, spec, f.limits)
	return spec, err
}

func (f *foresees) question(rules commanding.Rules, s *cluster.State, agents []foresight.Agent, want supposing, spec *job.Spec) (q foresight.Question, err error) {
	if spec != nil {
		data, err := spec.JSON()
		if err != nil {
			return q, err
		}
		if err := f.would(rules, &q, s, spec.ID, submission.Update{Spec: data}); err != nil {
			return q, err
		}
	}
	if sc := want.Scale; sc != nil {
		if sc.Replicas == nil {
			return q, job.Faults{{Path: "scale.replicas", Message: "is missing; give the number of tasks"}}
		}
		err := f.would(rules, &q, s, sc.Job, submission.Scale{Group: sc.Group, Replicas: *sc.Replicas, Limits: f.limits})
		if err != nil {
			return q, err
		}
	}
	if want.Drain != nil {
		ids, err := want.Drain.among("drain", agents)
		if err != nil {
			return q, err
		}
		drained := make([]events.AgentDrained, len(ids))
		for i, id := range ids {
			drained[i].AgentID = id
		}
		if want.Drain.Host != "" { // As taurus drain does, so that the reasons name it.
			drained = []events.AgentDrained{{Hostname: want.Drain.Host}}
		}
		for _, ev := range drained {
			q.Drafts = append(q.Drafts, foresight.Draft{Subject: events.AgentsSubject, Event: ev})
		}
	}
	if want.Lose != nil {
		q.Lost, err = want.Lose.among("lose", agents)
	}
	return q, err
}

// would has a user's command be one of those that are carried out.
func (f *foresees) would(rules commanding.Rules, q *foresight.Question, s *cluster.State, id string, c submission.Command) error {
	ev, err := commanding.Decide(rules, s, id, c)
	if err == nil && ev != nil {
		q.Drafts = append(q.Drafts, foresight.Draft{Subject: f.space.Job(id), Event: ev})
	}
	return err
}

// hostsNamed is how many hosts, or attributes, an error names.
const hostsNamed = 10

// among are the ids of the agents that are meant.
func (w *whichAgents) among(path string, agents []foresight.Agent) ([]string, error) {
	if (w.Host == "") == (w.Attribute == "") {
		return nil, job.Faults{{Path: path, Message: "must have either host, or attribute and value"}}
	}
	var found, hosts []string
	for _, a := range agents {
		hosts = append(hosts, a.Hostname)
		value, has := a.Attributes[w.Attribute]
		if w.Host != "" && a.Hostname == w.Host || has && value == w.Value {
			found = append(found, a.ID)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if w.Attribute != "" {
		return nil, job.Faults{{Path: path, Message: fmt.Sprintf("no agent that is known has %s=%s; %s", w.Attribute, w.Value, had(w.Attribute, agents))}}
	}
	return nil, job.Faults{{Path: path + ".host", Message: fmt.Sprintf("no agent is known on %q; known are: %s", w.Host, some(hosts))}}
}

// had says which values agents have of an attribute, and which attributes if it is none.
func had(attribute string, agents []foresight.Agent) string {
	var values, names []string
	for _, a := range agents {
		if value, has := a.Attributes[attribute]; has {
			values = append(values, value)
		}
		names = slices.AppendSeq(names, maps.Keys(a.Attributes))
	}
	switch {
	case len(values) > 0:
		return "there are: " + some(values)
	case len(names) > 0:
		return "the attributes there are: " + some(names)
	}
	return "agents that have not offered anything, or have no attributes, are known by their hosts alone"
}

// some names those that there are, once each, and not too many.
func some(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	text := strings.Join(names[:min(len(names), hostsNamed)], ", ")
	if len(names) > hostsNamed {
		text += fmt.Sprintf(" and %d more", len(names)-hostsNamed)
	}
	return text
}
