package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// step is a moment in the life of a job: the first event of a type, and of a state or
// an outcome if it has one, or with a task that was found to be healthy. Of no job it is
// one of any, or of none.
type step struct{ event, state string }

// healthy is the state of such a step.
const healthy = "healthy"

// reached waits until the log tells of a step of a job.
func (m *machine) reached(job string, s step) { m.reachedFrom(job, 1, s) }

// reachedFrom waits for the first such step from a sequence on, and returns where it is.
func (m *machine) reachedFrom(job string, from uint64, s step) (sequence uint64) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("%s comes to %s %s", job, s.event, s.state), func() error {
		e, err := m.endpoints()
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, fmt.Sprintf("%s/v2/events?from=%d&job=%s&type=%s", e.API[0], from, job, s.event), http.NoBody)
		if err != nil {
			return err
		}
		resp, err := m.http.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var event struct {
				Sequence uint64 `json:"sequence"`
				Data     struct {
					State   string `json:"state"`
					Outcome string `json:"outcome"`
					Healthy bool   `json:"healthy"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(data), &event); err != nil {
				m.t.Fatalf("%q: %v", data, err)
			}
			if s.state == "" || event.Data.State == s.state || event.Data.Outcome == s.state || s.state == healthy && event.Data.Healthy {
				sequence = event.Sequence
				return nil
			}
		}
		return fmt.Errorf("the feed ended with status %d", resp.StatusCode)
	})
	return sequence
}

// comes waits for steps of a job one after the other, from behind a sequence on; it
// returns where the last one is.
func (m *machine) comes(job string, after uint64, path ...step) uint64 {
	m.t.Helper()
	for _, s := range path {
		after = m.reachedFrom(job, after+1, s)
	}
	return after
}

// now is the sequence that the log is at.
func (m *machine) now() (sequence uint64) {
	m.t.Helper()
	m.eventually("the api says where the log is", func() (err error) {
		sequence, err = m.sequence()
		return err
	})
	return sequence
}

// asks calls the API until it answers with one of the statuses, as an answer may be lost
// with its process.
func (m *machine) asks(method, path, body string, statuses ...int) {
	m.t.Helper()
	m.eventually(method+" "+path+" is taken", func() error {
		status, err := m.call(method, path, body, nil)
		if err != nil || !slices.Contains(statuses, status) {
			return fmt.Errorf("status %d: %w", status, err)
		}
		return nil
	})
}
