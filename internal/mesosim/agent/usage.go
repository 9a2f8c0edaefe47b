package agent

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// statistics are what a container may use, and what its first process has used:
// zero where that is not known, as of simulated tasks and outside of Linux (7.2).
func (r *record) statistics(now time.Time) *mesos.ResourceStatistics {
	set := resource.New(r.Info.Value.Resources)
	cpus, mem := set.Scalar("cpus").Float(), uint64(set.Scalar("mem").Float()*(1<<20))
	u := usageOf(r.PID)
	out := &mesos.ResourceStatistics{
		Timestamp: float64(now.UnixMicro()) / 1e6, CPUsUserTimeSecs: &u.user, CPUsSystemTimeSecs: &u.system,
		CPUsSoftLimit: &cpus, MemLimitBytes: &mem, MemRSSBytes: &u.rss,
	}
	if limit, ok := r.Info.Value.Limits["cpus"]; ok {
		out.CPUsLimit = &limit.Value
	}
	return out
}

// usage is what a process has used.
type usage struct {
	user, system float64 // seconds
	rss          uint64  // bytes
}

// ticks is how many of the units of /proc/<pid>/stat make a second (USER_HZ).
const ticks = 100

// usageOf reads /proc/<pid>/stat, see proc(5).
func usageOf(pid uint32) usage {
	if pid == 0 {
		return usage{}
	}
	b, err := os.ReadFile("/proc/" + strconv.FormatUint(uint64(pid), 10) + "/stat")
	if err != nil {
		return usage{}
	}
	return parseUsage(b)
}

// parseUsage finds utime, stime and rss, which are the fields 14, 15 and 24. The
// second one is a name in parentheses, which may hold both spaces and those.
func parseUsage(stat []byte) usage {
	const third, utime, stime, rss = 3, 14, 15, 24
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= rss-third {
		return usage{}
	}
	number := func(field int) uint64 {
		n, err := strconv.ParseUint(fields[field-third], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return usage{
		user: float64(number(utime)) / ticks, system: float64(number(stime)) / ticks,
		rss: number(rss) * uint64(os.Getpagesize()),
	}
}
