package agent

import (
	"os"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	stat := "42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 1 0 100 4096 13 18446744073709551615\n"
	page := uint64(os.Getpagesize())
	if got, want := parseUsage([]byte(stat)), (usage{user: 1.5, system: 0.25, rss: 13 * page}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, text := range []string{"", "42 (sh) S 1", ")"} {
		if got := parseUsage([]byte(text)); got != (usage{}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// 7.2: a task has the CPUs it asked for as its soft limit, and a hard one only
// when it asked for that.
func TestStatistics(t *testing.T) {
	t.Parallel()
	r := &record{}
	r.Info.Value.Resources = []mesos.Resource{
		{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 0.5}},
		{Name: "mem", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 32}},
	}
	s := r.statistics(time.Unix(1, 0))
	if s.GetCPUsSoftLimit() != 0.5 || s.CPUsLimit != nil || s.GetMemLimitBytes() != 32<<20 || s.MemRSSBytes == nil || s.Timestamp != 1 {
		t.Errorf("got %+v", s)
	}
	r.Info.Value.Limits = map[string]mesos.Value_Scalar{"cpus": {Value: 2}}
	if s := r.statistics(time.Unix(1, 0)); s.GetCPUsLimit() != 2 {
		t.Errorf("limit is %v", s.GetCPUsLimit())
	}
}
