package cluster

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// VersionsKept is how many of the newest versions of a job's spec are kept.
	VersionsKept = 10
	// VersionsHeld bounds those that are kept in all: older ones stay while tasks have
	// them, while a rollout may go back to them, and while they have a tag.
	VersionsHeld = 64
)

// Version is a spec that a job had in this run, or has. It is never changed in place.
type Version struct {
	Number uint64
	// Spec is normalised, as Job.Spec is.
	Spec *job.Spec
	// Sequence is that of the event that made it, At its time, By who asked for it.
	Sequence uint64
	At       time.Time
	By       string
	// Tag is the name that a user gave it, empty for none; Key is the client's idempotency key
	// of the update that made it.
	Tag, Key string
	// RevertOf is the version whose spec this is again, Scaled the group whose replicas
	// alone it changed; zero for neither.
	RevertOf uint64
	Scaled   string

	// templates are, of each group in the order of the spec, the lowest number of a
	// version in which what its tasks get is the same.
	templates []uint64
}

// Group returns the group of that name, nil if the version has none.
func (v *Version) Group(name string) *job.Group {
	if v == nil || v.Spec == nil {
		return nil
	}
	return groupOf(v.Spec, name)
}

// template tells what the tasks of a group get, 0 if there is no such group. Equal
// ones of one run and group name the same.
func (v *Version) template(group string) uint64 {
	if v == nil || v.Spec == nil {
		return 0
	}
	for i := range v.Spec.Tasks {
		if v.Spec.Tasks[i].Name == group {
			return v.templates[i]
		}
	}
	return 0
}

func groupOf(spec *job.Spec, name string) *job.Group {
	for i := range spec.Tasks {
		if spec.Tasks[i].Name == name {
			return &spec.Tasks[i]
		}
	}
	return nil
}

// VersionOf returns a version of this run, nil if it is not kept.
func (j *Job) VersionOf(number uint64) *Version {
	at, ok := slices.BinarySearchFunc(j.Versions, number, compareNumber)
	if !ok {
		return nil
	}
	return j.Versions[at]
}

// SpecOf returns the spec of a version of this run, nil if it is not kept.
func (j *Job) SpecOf(number uint64) *job.Spec {
	if v := j.VersionOf(number); v != nil {
		return v.Spec
	}
	return nil
}

func compareNumber(v *Version, number uint64) int {
	switch {
	case v.Number < number:
		return -1
	case v.Number > number:
		return 1
	}
	return 0
}

// nearest returns the version that stands for one which the log may have lost: the
// newest before it, else the oldest there is; nil if there is none.
func (j *Job) nearest(number uint64) *Version {
	at, ok := slices.BinarySearchFunc(j.Versions, number, compareNumber)
	switch {
	case ok:
		return j.Versions[at]
	case at > 0:
		return j.Versions[at-1]
	case len(j.Versions) > 0:
		return j.Versions[0]
	}
	return nil
}

// GroupOf returns the group that a task is of: the current one where its tasks get the
// same as this does, so that what is asked of places and restarts is as wanted now;
// else that of the task's own version. It is nil for a group that there is not.
func (j *Job) GroupOf(t *Task) *job.Group {
	if t.Run != j.Run || t.Template == j.TemplateOf(t.Group) {
		return j.Group(t.Group)
	}
	return j.nearest(t.Version).Group(t.Group)
}

// TemplateOf tells what the tasks of a group should get, to be compared with that of
// tasks of this run; 0 if no such group is wanted.
func (j *Job) TemplateOf(group string) uint64 {
	if n := len(j.Versions); n > 0 && j.Versions[n-1].Number == j.Target {
		return j.Versions[n-1].template(group)
	}
	return j.VersionOf(j.Target).template(group)
}

// TemplateIn is TemplateOf at a version; 0 if it is not kept, or has no such group.
func (j *Job) TemplateIn(version uint64, group string) uint64 {
	if version == j.Target {
		return j.TemplateOf(group)
	}
	return j.VersionOf(version).template(group)
}

// newVersion makes a version of what a record says, and its templates by those that
// are kept.
func (j *Job) newVersion(number uint64, spec *job.Spec, r *Record) *Version {
	v := &Version{Number: number, Spec: spec, Sequence: r.Sequence, At: r.Time, By: r.Envelope.By()}
	v.templates = make([]uint64, len(spec.Tasks))
	for i := range spec.Tasks {
		v.templates[i] = j.knownTemplate(number, &spec.Tasks[i])
	}
	return v
}

// knownTemplate is the template of a group, its own number if no kept version has it.
func (j *Job) knownTemplate(number uint64, g *job.Group) uint64 {
	if len(j.Versions) == 0 {
		return number
	}
	hash := job.Template(*g)
	for _, old := range slices.Backward(j.Versions) {
		if was := old.Group(g.Name); was != nil && job.Template(*was) == hash {
			return old.template(g.Name)
		}
	}
	return number
}

// scaled makes a version that differs from the target in the replicas of one group.
// It is a copy: views of the old spec may be in use.
func (j *Job) scaled(ev events.JobScaled, r *Record) *Version {
	spec := *j.Spec
	spec.Tasks = slices.Clone(j.Spec.Tasks)
	for i := range spec.Tasks {
		if spec.Tasks[i].Name == ev.Group {
			spec.Tasks[i].Replicas = ev.Replicas
		}
	}
	v := &Version{
		Number: ev.Version, Spec: &spec, Sequence: r.Sequence, At: r.Time, By: r.Envelope.By(), Scaled: ev.Group,
	}
	v.templates = j.nearest(j.Target).templates
	return v
}

// advance makes a version the newest of the job, and its target.
func (j *Job) advance(v *Version, r *Record) {
	j.Spec, j.Version, j.Target, j.ChangedAt = v.Spec, v.Number, v.Number, r.Time
	j.Versions = append(slices.Clip(j.Versions), v)
	j.keepVersions()
}

// keepVersions drops the versions that nobody can ask for any more. The target is the
// newest.
func (j *Job) keepVersions() {
	if len(j.Versions) <= VersionsKept {
		return
	}
	used := map[uint64]bool{j.Stood: true}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run {
				used[t.Version] = true
			}
		}
	}
	kept := make([]*Version, 0, len(j.Versions))
	for i, v := range j.Versions {
		if used[v.Number] || v.Tag != "" || i >= len(j.Versions)-VersionsKept {
			kept = append(kept, v)
		}
	}
	for i := 0; len(kept) > VersionsHeld; {
		if kept[i].Number == j.Stood {
			i++
			continue
		}
		kept = slices.Delete(kept, i, i+1)
	}
	j.Versions = kept
}

// identify finds out what a task of the current run gets.
func (j *Job) identify(t *Task) {
	if t.Run == j.Run {
		t.Template = j.nearest(t.Version).template(t.Group)
	}
}

// tag gives a version a name. What is kept is replaced: others may read it.
func (s *State) tag(j *Job, ev events.VersionTagged) Change {
	if ev.Run != j.Run {
		return Change{Judgement: Outranked, Job: j}
	}
	if j.VersionOf(ev.Version) == nil {
		return Change{Judgement: Unmatched, Job: j}
	}
	j.Versions = slices.Clone(j.Versions)
	for i, v := range j.Versions {
		named := *v
		switch {
		case v.Number == ev.Version:
			named.Tag = ev.Tag
		case ev.Tag != "" && v.Tag == ev.Tag:
			named.Tag = ""
		default:
			continue
		}
		j.Versions[i] = &named
	}
	return Change{Job: j}
}

// Tagged returns the version of this run that has a tag, nil if none does.
func (j *Job) Tagged(tag string) *Version {
	for _, v := range j.Versions {
		if tag != "" && v.Tag == tag {
			return v
		}
	}
	return nil
}
