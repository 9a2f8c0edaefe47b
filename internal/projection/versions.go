package projection

import (
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// Version is what users see of a version of a job.
type Version struct {
	Version uint64 `json:"version"`
	Run     uint64 `json:"run"`
	// At is when it was made, By who asked for it, Sequence that of its event.
	At       time.Time `json:"at"`
	By       string    `json:"by,omitzero"`
	Sequence uint64    `json:"sequence"`
	Tag      string    `json:"tag,omitzero"`
	// RevertOf is the version whose spec it is again, Scaled the group of which it changed
	// nothing but the replicas.
	RevertOf uint64 `json:"revert_of,omitzero"`
	Scaled   string `json:"scaled,omitzero"`
	// Wanted reports whether tasks should be of it.
	Wanted bool `json:"wanted"`
	// Tasks is how many that live are of it.
	Tasks uint32 `json:"tasks"`
	// Changes are what differs from the version that is kept before it.
	Changes []job.Change `json:"changes"`
	// Spec is left out of lists.
	Spec *job.Spec `json:"spec,omitzero"`
}

// Versions are those of a job's newest run that are kept, with their specs, the oldest
// first. It is false if users see no such job. What differs between them is for Compare
// to find, which takes long and needs no model.
func (m *Model) Versions(id string) ([]Version, bool) {
	j, ok := m.known(id)
	if !ok {
		return nil, false
	}
	tasks := map[uint64]uint32{}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Live() {
				tasks[t.Version]++
			}
		}
	}
	list := make([]Version, 0, len(j.Versions))
	for _, v := range j.Versions {
		list = append(list, versionView(j, v, tasks[v.Number]))
	}
	return list, true
}

func versionView(j *cluster.Job, v *cluster.Version, tasks uint32) Version {
	return Version{
		Version: v.Number, Run: j.Run, At: v.At, By: v.By, Sequence: v.Sequence, Tag: v.Tag, RevertOf: v.RevertOf, Scaled: v.Scaled,
		Wanted: v.Number == j.Target && !j.Over(), Tasks: tasks, Changes: []job.Change{}, Spec: v.Spec,
	}
}

// Compare finds out what each version changed. The specs stay.
func Compare(list []Version) {
	for i := 1; i < len(list); i++ {
		list[i].Changes = Changes(list[i-1].Spec, list[i].Spec)
	}
}

// Changes are what differs between two specs, as users read them: an empty list where
// nothing does.
func Changes(from, to *job.Spec) []job.Change {
	if from == nil || to == nil {
		return []job.Change{}
	}
	return append([]job.Change{}, job.Diff(from, to)...)
}

// FindVersion is the version that a user means by a number or by a tag, nil if none of
// the list is.
func FindVersion(list []Version, name string) *Version {
	number, err := strconv.ParseUint(name, 10, 64)
	for i := range list {
		if err == nil && list[i].Version == number || err != nil && name != "" && list[i].Tag == name {
			return &list[i]
		}
	}
	return nil
}

// Wanted is what users want of a job now, nil if nothing is.
func (m *Model) Wanted(id string) *job.Spec {
	j, ok := m.known(id)
	if !ok || j.Over() {
		return nil
	}
	return j.Spec
}

// UpdateOf is what it means for a job that is as from says to become as to says, as a
// version; from is nil where none runs.
func UpdateOf(from, to *job.Spec, version uint64) Update {
	u := Update{Outcome: UpdateUpdated, Version: version, Changes: Changes(from, to), Steps: append([]job.Step{}, job.Steps(from, to)...)}
	if from == nil {
		u.Outcome = UpdateCreated
	}
	return u
}
