package e2e_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// tally counts the containers of jobs by what Docker tells of them, in order.
type tally struct {
	mu sync.Mutex
	// started is how many were started, by job.
	started map[string]int
	// alive are those that run, with the job of each; most is how many of a series' runs
	// there ever were at once.
	alive map[string]string
	most  map[string]int
}

// tallyContainers counts containers from now on.
func tallyContainers(t *testing.T) *tally {
	t.Helper()
	y := &tally{started: map[string]int{}, alive: map[string]string{}, most: map[string]int{}}
	followContainers(t, "taurus.job", `{{index .Actor.Attributes "taurus.job"}}`, y.take)
	return y
}

// followContainers takes what Docker tells from now on of the start and the end of
// containers with a label: which it was, the container, and what format gives. That it
// comes late is no harm: it comes in order.
func followContainers(t *testing.T, label, format string, take func(event []string)) {
	t.Helper()
	cmd := exec.Command("docker", "events", "--since", fmt.Sprint(time.Now().Unix()), "--filter", "label="+label,
		"--filter", "event=start", "--filter", "event=die", "--format", "{{.Action}} {{.ID}} "+format)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if event := strings.Fields(lines.Text()); len(event) == 3 {
				take(event)
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
}

func (y *tally) take(event []string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if event[0] != "start" {
		delete(y.alive, event[1])
		return
	}
	job := event[2]
	y.started[job]++
	y.alive[event[1]] = job
	series, n := seriesOf(job), 0
	for _, other := range y.alive {
		n += one(seriesOf(other) == series)
	}
	y.most[series] = max(y.most[series], n)
}

// seriesOf is the job that a job is a run of, or itself.
func seriesOf(job string) string {
	series, _, _ := strings.Cut(job, "@")
	return series
}

// of is how many containers of a job were started; atOnce how many ran at once of a
// job, of all its runs together.
func (y *tally) of(job string) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.started[job]
}

func (y *tally) atOnce(job string) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.most[job]
}

// counts waits until Docker has told of as many containers of a job as there should have
// been: a moment later there are no more of them.
func (y *tally) counts(m *machine, job string, n int) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("%d containers of %s were started", n, job), func() error {
		if got := y.of(job); got < n {
			return fmt.Errorf("%d were", got)
		}
		return nil
	})
	if got := y.of(job); got != n {
		m.t.Errorf("%d containers of %s were started, want %d", got, job, n)
	}
}
