package projection

import (
	"fmt"
	"slices"
	"strings"
)

// Query chooses jobs and a page of them.
type Query struct {
	// After is the id that the page follows, empty for the first page.
	After string
	// Limit is how many jobs a page has, 0 for all.
	Limit int
	// States are the states wanted, none for all.
	States []JobState
	Labels Selector
	// Sees chooses the jobs that are told of at all; nil is all.
	Sees func(id string) bool
}

// Page is a part of the list of jobs, in order of id.
type Page struct {
	Jobs []Job
	// Next is the id to go on after, empty at the end.
	Next string
}

// ParseStates reads states joined by commas. The error is ErrState.
func ParseStates(text string) ([]JobState, error) {
	var states []JobState
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "" {
			continue
		}
		if !slices.Contains(JobStates(), JobState(word)) {
			return nil, fmt.Errorf("%w: %q; there are %v", ErrState, word, JobStates())
		}
		if !slices.Contains(states, JobState(word)) {
			states = append(states, JobState(word))
		}
	}
	return states, nil
}

// List returns the jobs that users see and q chooses.
func (m *Model) List(q Query) Page {
	page := Page{Jobs: []Job{}}
	ids, from := m.ordered(), 0
	if q.After != "" {
		at, there := slices.BinarySearch(ids, q.After)
		from = at
		if there {
			from++
		}
	}
	for _, id := range ids[from:] {
		j, ok := m.known(id)
		if !ok || q.Sees != nil && !q.Sees(id) {
			continue
		}
		v := m.view(j)
		if len(q.States) > 0 && !slices.Contains(q.States, v.State) || !q.Labels.Matches(v.Labels) {
			continue
		}
		if q.Limit > 0 && len(page.Jobs) == q.Limit {
			page.Next = page.Jobs[q.Limit-1].ID
			return page
		}
		page.Jobs = append(page.Jobs, v)
	}
	return page
}
