package job

import (
	"crypto/sha256"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TemplateHash stands for what a task of a group gets; equal ones mean the same.
type TemplateHash [sha256.Size]byte

// Template is what a task of g gets, in a form that can be compared: tasks of groups
// with equal templates are the same, whichever version planned them. Defaults are to be
// filled in.
//
// It leaves out what is said of the group's size, of what follows an end, and of where
// the next task may be placed: a change of those reaches no task that runs. What is not
// left out is part of it, so a field that is new is.
func Template(g Group) TemplateHash {
	data, err := json.Marshal(reaching(&g), json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return TemplateHash{} // An amount that is no number, which no stored spec has.
	}
	return sha256.Sum256(data)
}

// reaching is what of g reaches its tasks.
func reaching(g *Group) *Group {
	r := *g
	r.Replicas = 0
	r.Restart, r.Unreachable = nil, nil
	r.Affinities, r.Spread, r.Placement = nil, nil, ""
	r.Priority, r.Constraints, r.After, r.TimeLimit, r.Gang = 0, nil, nil, 0, false
	r.KillSelection = ""
	return &r
}
