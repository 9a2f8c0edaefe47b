package agent

import (
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// 4.4: what the agent's flags say where the task does not.
func TestGraces(t *testing.T) {
	t.Parallel()
	plain, own := &record{Kind: Docker}, &record{Kind: Docker}
	own.Info.Value.KillPolicy = &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: int64(9 * time.Second)}}
	for _, c := range []struct {
		graces    graces
		r         *record
		kill, end time.Duration
	}{
		{graces{shutdown: 5 * time.Second}, plain, 5 * time.Second, 3 * time.Second},
		{graces{shutdown: 5 * time.Second, dockerStop: 8 * time.Second}, plain, 8 * time.Second, 3 * time.Second},
		{graces{shutdown: time.Second}, plain, time.Second, 0},
		{graces{shutdown: time.Second}, own, 9 * time.Second, 9 * time.Second},
	} {
		if kill, end := c.graces.kill(c.r, -1), c.graces.end(c.r); kill != c.kill || end != c.end {
			t.Errorf("%+v: kill %v, end %v, want %v, %v", c.graces, kill, end, c.kill, c.end)
		}
	}
}
