package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// step is a moment in the life of a job: the first event of a type, and of a state
// if it has one.
type step struct{ event, state string }

// reached waits until the log tells of a step of a job.
func (m *machine) reached(job string, s step) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("%s comes to %s %s", job, s.event, s.state), func() error {
		e, err := m.endpoints()
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, e.API[0]+"/v2/events?from=1&job="+job+"&type="+s.event, http.NoBody)
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
				Data struct {
					State string `json:"state"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(data), &event); err != nil {
				m.t.Fatalf("%q: %v", data, err)
			}
			if s.state == "" || event.Data.State == s.state {
				return nil
			}
		}
		return fmt.Errorf("the feed ended with status %d", resp.StatusCode)
	})
}
