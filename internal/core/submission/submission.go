package submission

import (
	"errors"
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Command is what a user asks of a job. The set is closed.
//
//sumtype:decl
type Command interface {
	decide(j *cluster.Job) (events.Event, error)
}

// Submit asks for a job to run.
type Submit struct {
	// Spec is the normalised job spec in its canonical JSON.
	Spec []byte
	// Key is the client's idempotency key, empty for none.
	Key string
}

// Scale asks for another number of tasks in a group.
type Scale struct {
	// Group may be empty if the job has one only.
	Group    string
	Replicas uint32
	// Seen are the versions one of which the job must be at; nil asks for none.
	Seen []Version
	// Limits bound the spec that comes of it.
	Limits job.Limits
}

// Version names a spec: the run and the version within it.
type Version struct {
	Run, Version uint64
}

// Stop asks for nothing of a job to run.
type Stop struct {
	Reason string
	// KeepRuns lets the runs of a series go on.
	KeepRuns bool
	// Seen is as that of Scale.
	Seen []Version
}

// Delete asks for a job that is over to be left out of the lists.
type Delete struct {
	// Seen is as that of Scale.
	Seen []Version
}

// Decide returns the event that a command leads to, or nil if what it asks for
// is so already. j is nil for a job that the log does not know. Errors are the
// package's own, and job.Faults for a scale beyond the limits.
func Decide(j *cluster.Job, c Command) (events.Event, error) { return c.decide(j) }

// Known reports whether users see the job: it was submitted and not deleted, or
// tasks of it live though nobody submitted it.
func Known(j *cluster.Job) bool {
	if j == nil || j.Deleted {
		return false
	}
	return j.Run != 0 || j.Live() > 0
}

// Free reports whether a job may be submitted under the id of j: there is none, or
// it is over and nothing of it lives.
func Free(j *cluster.Job) bool {
	return j == nil || (j.Over() && j.Live() == 0 && len(j.Series.Live()) == 0)
}

func (c Submit) decide(j *cluster.Job) (events.Event, error) {
	if !Free(j) {
		return nil, ErrExists
	}
	return events.JobSubmitted{Spec: c.Spec, IdempotencyKey: c.Key}, nil
}

func (c Scale) decide(j *cluster.Job) (events.Event, error) {
	if err := there(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Over() || j.Spec == nil {
		return nil, ErrOver
	}
	if j.Spec.Series() {
		return nil, ErrSeries
	}
	g, err := c.group(j.Spec)
	if err != nil {
		return nil, err
	}
	if j.Spec.Tasks[g].Replicas == c.Replicas {
		return nil, nil
	}
	wanted := j.Spec.Clone()
	wanted.Tasks[g].Replicas = c.Replicas
	if err := wanted.ValidateStored(c.Limits); err != nil {
		return nil, renamed(err, fmt.Sprintf("tasks[%d].replicas", g), "replicas")
	}
	return events.JobScaled{
		Run: j.Run, Version: j.NewestVersion() + 1, Group: wanted.Tasks[g].Name, Replicas: c.Replicas,
	}, nil
}

func (c Scale) group(spec *job.Spec) (int, error) {
	if c.Group == "" {
		if len(spec.Tasks) == 1 {
			return 0, nil
		}
		return 0, ErrWhichGroup
	}
	for i := range spec.Tasks {
		if spec.Tasks[i].Name == c.Group {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrNoGroup, c.Group)
}

// renamed gives the faults of one path the name that the user's request has
// for it.
func renamed(err error, path, name string) error {
	var faults job.Faults
	if !errors.As(err, &faults) {
		return err
	}
	faults = slices.Clone(faults)
	for i := range faults {
		if faults[i].Path == path {
			faults[i].Path = name
		}
	}
	return faults
}

// there tells why a job cannot be changed by a user who has seen these versions
// of it: ErrNotFound, ErrVersion or nil.
func there(j *cluster.Job, seen []Version) error {
	switch {
	case !Known(j):
		return ErrNotFound
	case seen != nil && !slices.Contains(seen, Version{Run: j.Run, Version: j.Version}):
		return ErrVersion
	}
	return nil
}

func (c Stop) decide(j *cluster.Job) (events.Event, error) {
	if err := there(j, c.Seen); err != nil {
		return nil, err
	}
	live := !c.KeepRuns && slices.ContainsFunc(j.Series.Live(), func(run *cluster.Run) bool { return !run.Over })
	if j.Over() && !j.Behind() && !live {
		return nil, nil
	}
	return events.JobStopped{Run: j.Run, Reason: c.Reason, KeepRuns: c.KeepRuns}, nil
}

func (c Delete) decide(j *cluster.Job) (events.Event, error) {
	if err := there(j, c.Seen); err != nil {
		return nil, err
	}
	if !j.Over() || j.Live() > 0 || len(j.Series.Live()) > 0 {
		return nil, ErrLive
	}
	return events.JobDeleted{Run: j.Run}, nil
}
