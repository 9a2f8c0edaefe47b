package submission

import (
	"bytes"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Update asks for a job to be as a spec says, whether or not there is one of its id: a
// job that runs gets a new version, and where none does it is submitted.
type Update struct {
	// Spec is the normalised job spec in its canonical JSON.
	Spec []byte
	// Key is the client's idempotency key, empty for none.
	Key string
	// Seen is as that of Scale. A job that was seen is not submitted anew.
	Seen []Version
	// MayNotSubmit and MayNotUpdate say what who asks has no right to; which of the two it
	// comes to is known once it is decided.
	MayNotSubmit, MayNotUpdate bool
}

// Revert asks for a job to be as a version of it was.
type Revert struct {
	// To is the version, of the newest run; 0 is the newest that is kept of those before
	// the target that want something else.
	To uint64
	// Seen is as that of Scale.
	Seen []Version
	// Limits bound the spec that comes of it.
	Limits job.Limits
}

func (c Update) decide(j *cluster.Job) (events.Event, error) {
	if c.Seen != nil {
		if err := there(j, c.Seen); err != nil {
			return nil, ErrVersion // What was seen is not there any more.
		}
	}
	switch {
	case Free(j) && c.MayNotSubmit:
		return nil, ErrMayNotSubmit
	case !Free(j) && c.MayNotUpdate:
		return nil, ErrMayNotUpdate
	case Free(j):
		return events.JobSubmitted{Spec: c.Spec, IdempotencyKey: c.Key}, nil
	case j.Run == 0 || !Known(j):
		return nil, ErrExists // Only tasks of it are there, which nobody knows the spec of.
	case j.Over():
		return nil, ErrEnding
	}
	spec, err := job.Stored(c.Spec, job.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if spec.Kind != j.Spec.Kind {
		return nil, job.Faults{{
			Path:    "kind",
			Message: "is " + string(spec.Kind) + ", and the job runs as a " + string(j.Spec.Kind) + ", which it stays as long as it runs; stop it first, or leave its kind",
		}}
	}
	if spec.Series() != j.Spec.Series() {
		return nil, job.Faults{{Path: "dispatch", Message: "cannot be given to a job that runs, nor taken from one; stop the job first"}}
	}
	if spec.Series() != j.Spec.Series() {
		return nil, job.Faults{{
			Path: "dispatch", Message: "cannot come or go while the job is there, as what runs of it is something else then; stop it first",
		}}
	}
	if spec.Equal(j.Spec) && !j.Behind() {
		return nil, nil
	}
	return events.JobUpdated{Run: j.Run, Version: j.NewestVersion() + 1, Spec: bytes.Clone(c.Spec), IdempotencyKey: c.Key}, nil
}

func (c Revert) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if c.To == 0 {
		c.To = lastOther(j)
	}
	spec := j.SpecOf(c.To)
	switch {
	case spec == nil:
		return nil, ErrNoVersion
	case spec.Equal(j.Spec) && !j.Behind():
		return nil, nil
	}
	if err := spec.ValidateStored(c.Limits); err != nil {
		return nil, err
	}
	data, err := spec.JSON()
	if err != nil {
		return nil, err
	}
	return events.JobUpdated{Run: j.Run, Version: j.NewestVersion() + 1, Spec: data, RevertOf: c.To}, nil
}

// lastOther is the newest version before the target that wants something else, 0 if none
// is kept.
func lastOther(j *cluster.Job) uint64 {
	for _, v := range slices.Backward(j.Versions) {
		if v.Number < j.Target && !v.Spec.Equal(j.Spec) {
			return v.Number
		}
	}
	return 0
}

// changeable tells why a job cannot get another version: what there tells, or ErrOver.
func changeable(j *cluster.Job, seen []Version) error {
	if err := there(j, seen); err != nil {
		return err
	}
	if j.Over() || j.Spec == nil {
		return ErrOver
	}
	return nil
}
