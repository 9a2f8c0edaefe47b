package api

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// canonical checks a job, fills in its defaults, and gives its bytes.
func (s *Service) canonical(c echo.Context, spec *job.Spec, limits job.Limits) ([]byte, error) {
	requestOf(c).job = cleaned(spec.ID, actorMax)
	spec.Normalise()
	if err := spec.Validate(limits); err != nil {
		return nil, err
	}
	return spec.JSON()
}

func (s *Service) createJob(c echo.Context) error {
	data, err := s.body(c)
	if err != nil {
		return err
	}
	media := c.Request().Header.Get(echo.HeaderContentType)
	spec, err := job.Decode(data, media)
	if err != nil {
		return spec.AllFaults(err, s.opts.Limits)
	}
	canonical, err := s.canonical(c, spec, s.opts.Limits)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	v, err := s.submit(c, spec.ID, submission.Submit{Spec: canonical, Key: key})
	if err != nil {
		return err
	}
	v.Warnings = job.Warnings(data, media)
	setSequence(c, v.Sequence)
	c.Response().Header().Set(echo.HeaderLocation, "/v2/jobs/"+url.PathEscape(v.ID))
	c.Response().Header().Set(headerETag, etagOf(v))
	return writeJSON(c, http.StatusCreated, jsonType, v)
}

// submit appends the submission, or finds the one made under the same key, and
// gives the job as that submission left it: the same answer each time.
func (s *Service) submit(c echo.Context, id string, cmd submission.Submit) (projection.Job, error) {
	ctx := c.Request().Context()
	if cmd.Key != "" {
		leave, err := s.gate.Enter(ctx, "key "+cmd.Key)
		if err != nil {
			return projection.Job{}, err
		}
		defer leave()
		if v, found, err := s.submitted(cmd); found {
			return v, err
		}
	}
	sequence, err := s.command(ctx, requestOf(c).author, id, cmd)
	if errors.Is(err, submission.ErrExists) && cmd.Key != "" {
		// The same request to another instance may have won the race.
		if v, found, err := s.submitted(cmd); found {
			return v, err
		}
	}
	if err != nil {
		return projection.Job{}, err
	}
	by, at := requestOf(c).author.actor, s.now()
	s.live.View(func(m *projection.Model) {
		if j := m.State().Jobs[id]; j != nil && j.Run == sequence {
			by, at = j.SubmittedBy, j.SubmittedAt
		}
	})
	return asSubmitted(projection.Submission{Job: id, Run: sequence, At: at, By: by}, cmd)
}

// submitted finds the submission under the key of cmd.
func (s *Service) submitted(cmd submission.Submit) (v projection.Job, found bool, err error) {
	first, found := s.live.Submission(cmd.Key)
	if !found {
		return v, false, nil
	}
	if first.Digest != sha256.Sum256(cmd.Spec) {
		return v, true, errKeyReused
	}
	v, err = asSubmitted(first, cmd)
	return v, true, err
}

func asSubmitted(first projection.Submission, cmd submission.Submit) (projection.Job, error) {
	return projection.Submitted(cluster.Record{
		Sequence: first.Run, Time: first.At,
		Subject:  events.Subject{Role: events.RoleJob, Job: first.Job},
		Envelope: events.Envelope{Actor: first.By},
		Event:    events.JobSubmitted{Spec: cmd.Spec, IdempotencyKey: cmd.Key},
	})
}

func idempotencyKey(c echo.Context) (string, error) {
	key := c.Request().Header.Get("Idempotency-Key")
	if key != cleaned(key, keyMax) {
		return "", badParam("Idempotency-Key", "must be at most %d printable bytes", keyMax)
	}
	return key, nil
}

// jobList is a page of jobs.
type jobList struct {
	Jobs []projection.Job `json:"jobs"`
	// Next is the cursor of the next page, absent on the last.
	Next     string `json:"next,omitzero"`
	Sequence uint64 `json:"sequence"`
}

func (s *Service) listJobs(c echo.Context) error {
	limit, errLimit := number(c, "limit", 1, jobsPageMax, jobsPage)
	states, errState := projection.ParseStates(words(c, "state"))
	if errState != nil {
		errState = badParam("state", "must be a word or several joined by commas, of pending, running, stopping, stopped, completed, failed")
	}
	labels, errLabel := projection.ParseSelector(words(c, "label"))
	if errLabel != nil {
		errLabel = badParam("label", "must be k=v, k!=v or k, several joined by commas")
	}
	if err := badParams(errLimit, errState, errLabel); err != nil {
		return err
	}
	query := projection.Query{After: c.QueryParam("cursor"), Limit: int(limit), States: states, Labels: labels}
	var list jobList
	err := s.read(c, func(m *projection.Model, at moment) {
		page := m.List(query)
		list = jobList{Jobs: page.Jobs, Next: page.Next, Sequence: at.sequence}
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, list)
}

func (s *Service) getJob(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	v, err := s.job(c, id)
	if err != nil {
		return err
	}
	etag := etagOf(v)
	c.Response().Header().Set(headerETag, etag)
	if noneMatch(c.Request(), etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return writeJSON(c, http.StatusOK, jsonType, v)
}

// scaling is the body of a scale request.
type scaling struct {
	Group    string  `json:"group"`
	Replicas *uint32 `json:"replicas"`
}

func (s *Service) scaleJob(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	var want scaling
	if err := s.decode(c, &want); err != nil {
		return err
	}
	if want.Replicas == nil {
		return job.Faults{{Path: "replicas", Message: "is missing; give the number of tasks wanted"}}
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	err = s.change(c, id, submission.Scale{
		Group: want.Group, Replicas: *want.Replicas, Seen: seen, Limits: s.opts.Limits,
	})
	if errors.Is(err, submission.ErrNoGroup) || errors.Is(err, submission.ErrWhichGroup) {
		return fmt.Errorf("%w: %w", err, job.Faults{{Path: "group", Message: "must be " + s.groups(id)}})
	}
	return err
}

// groups names those of a job.
func (s *Service) groups(id string) string {
	var names []string
	s.live.View(func(m *projection.Model) {
		if v, ok := m.Job(id); ok {
			for _, g := range v.Groups {
				names = append(names, strconv.Quote(g.Name))
			}
		}
	})
	return strings.Join(names, " or ")
}

// stopping is the body of a stop request, which may be empty.
type stopping struct {
	Reason string `json:"reason"`
}

func (s *Service) stopJob(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	var want stopping
	if err := s.decode(c, &want); err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	return s.change(c, id, submission.Stop{Reason: cleaned(want.Reason, reasonMax), Seen: seen})
}

// decode reads a small JSON body; an empty one leaves into as it is.
func (s *Service) decode(c echo.Context, into any) error {
	data, err := s.body(c)
	if err != nil || len(data) == 0 {
		return err
	}
	err = json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	var (
		field  *json.SemanticError
		syntax *jsontext.SyntacticError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return badParam(syntax.JSONPointer.LastToken(), "is given twice; keep one")
	case !errors.As(err, &field) || field.JSONPointer == "":
		return badParam("body", "must be one JSON object, see /v2/openapi.json")
	case errors.Is(err, json.ErrUnknownName):
		return badParam(field.JSONPointer.LastToken(), "is no field of this request; /v2/openapi.json lists them")
	case field.GoType.Kind() == reflect.String:
		return badParam(field.JSONPointer.LastToken(), "must be a string; put it in quotes")
	}
	return badParam(field.JSONPointer.LastToken(), "must be a whole number from 0 to %d", uint32(math.MaxUint32))
}

// change carries a command out and answers with the job after it.
func (s *Service) change(c echo.Context, id string, cmd submission.Command) error {
	sequence, err := s.command(c.Request().Context(), requestOf(c).author, id, cmd)
	if err != nil {
		return err
	}
	var (
		v  projection.Job
		ok bool
	)
	s.live.View(func(m *projection.Model) { v, ok = m.Job(id) })
	if !ok {
		return submission.ErrNotFound // Deleted by another meanwhile.
	}
	setSequence(c, sequence)
	c.Response().Header().Set(headerETag, etagOf(v))
	return writeJSON(c, http.StatusOK, jsonType, v)
}

func (s *Service) deleteJob(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	sequence, err := s.command(c.Request().Context(), requestOf(c).author, id, submission.Delete{Seen: seen})
	if err != nil {
		return err
	}
	setSequence(c, sequence)
	return c.NoContent(http.StatusNoContent)
}
