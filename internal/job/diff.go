package job

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Effect is what a change of a job means for its tasks.
type Effect string

// The effects.
const (
	// EffectInPlace leaves all tasks that run as they are.
	EffectInPlace Effect = "in_place"
	// EffectReplaces replaces the tasks of the group, by its rollout.
	EffectReplaces Effect = "replaces"
	// EffectMoves replaces the tasks of the group that run where they may not any more.
	EffectMoves Effect = "moves"
	// EffectStarts begins tasks: the group, or some of its replicas, is new.
	EffectStarts Effect = "starts"
	// EffectStops ends tasks: the group, or some of its replicas, is gone.
	EffectStops Effect = "stops"
)

// Change is one thing that differs between two specs of a job.
type Change struct {
	// Path names the field, groups by their names: tasks[web].container.image.
	Path string `json:"path"`
	// Old and New are its values; absent where it is not there.
	Old jsontext.Value `json:"old,omitzero"`
	New jsontext.Value `json:"new,omitzero"`
	// Effect is on the tasks of Group; empty for what is of the job as a whole.
	Effect Effect `json:"effect"`
	Group  string `json:"group,omitzero"`
}

// Diff is what differs between two specs of one job, defaults filled in: in the order
// of the fields' names, that of the job first, then group by group as in the new one.
// Groups are the same if their names are. A group that is new or gone is one change.
func Diff(from, to *Spec) []Change {
	d := differ{}
	a, b := from.Clone(), to.Clone()
	a.Normalise()
	b.Normalise()
	was, is := a.Tasks, b.Tasks
	a.Tasks, b.Tasks = nil, nil
	d.effect = func(string) Effect { return EffectInPlace }
	d.compare("", "", fieldsIn(a), fieldsIn(b))
	d.rolls = b.Kind == KindService
	d.groups(was, is)
	return d.changes
}

// differ collects changes; effect and group are those of the values it walks.
type differ struct {
	changes []Change
	effect  func(field string) Effect
	group   string
	// rolls reports whether tasks are replaced: those of a batch job that run go on.
	rolls bool
}

func (d *differ) groups(was, is []Group) {
	gone := map[string]*Group{}
	for i := range was {
		gone[was[i].Name] = &was[i]
	}
	for i := range is {
		g := &is[i]
		d.group = g.Name
		if before := gone[g.Name]; before != nil {
			d.effect = d.effects(before, g)
			d.compare("", groupPath(g.Name), fieldsIn(before), fieldsIn(g))
			delete(gone, g.Name)
			continue
		}
		d.effect = func(string) Effect { return EffectStarts }
		d.add("", groupPath(g.Name), nil, fieldsIn(g))
	}
	d.effect = func(string) Effect { return EffectStops }
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		d.group = name
		d.add("", groupPath(name), fieldsIn(gone[name]), nil)
	}
}

func groupPath(name string) string { return "tasks[" + name + "]" }

// effects tells what a change of one field of a group means: those of the template
// reach the tasks.
func (d *differ) effects(was, is *Group) func(field string) Effect {
	reach := fieldsIn(reaching(was))
	maps.Copy(reach, fieldsIn(reaching(is)))
	return func(field string) Effect {
		switch {
		case field == "replicas" && was.Replicas < is.Replicas:
			return EffectStarts
		case field == "replicas":
			return EffectStops
		case !d.rolls:
			return EffectInPlace
		case field == "constraints":
			return EffectMoves
		case reach[field] != nil:
			return EffectReplaces
		}
		return EffectInPlace
	}
}

// compare walks into objects; field is the one of the group that it is in, empty for
// the group itself.
func (d *differ) compare(field, path string, from, to any) {
	was, wasObject := from.(map[string]any)
	is, isObject := to.(map[string]any)
	if !wasObject || !isObject {
		d.add(field, path, from, to)
		return
	}
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d.compare(cmp.Or(field, name), join(path, name), was[name], is[name])
	}
}

// add records a change, if it is one. Lists are compared as a whole.
func (d *differ) add(field, path string, from, to any) {
	was, is := valueOf(from), valueOf(to)
	if bytes.Equal(was, is) {
		return
	}
	d.changes = append(d.changes, Change{Path: path, Old: was, New: is, Effect: d.effect(field), Group: d.group})
}

// fieldsIn is a struct as JSON has it.
func fieldsIn(of any) map[string]any {
	data, err := json.Marshal(of, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil // An amount that is no number, which no valid spec has.
	}
	var fields map[string]any
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	return fields
}

// valueOf is a value as JSON; nil for one that is not there.
func valueOf(v any) jsontext.Value {
	if v == nil {
		return nil
	}
	data, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil
	}
	return data
}
