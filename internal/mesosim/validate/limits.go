package validate

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

func limits(t *mesos.TaskInfo, l Launch) string {
	if len(t.Limits) == 0 {
		return ""
	}
	if !l.Limits {
		return "Agent is not capable of handling task resource limits"
	}
	for name := range t.Limits {
		if name != "cpus" && name != "mem" {
			return "Only cpus and mem may be included in a task's resource limits"
		}
	}
	requests := resource.New(t.Resources)
	for _, r := range []struct{ name, request, limit string }{{"cpus", "CPU", "cpu"}, {"mem", "memory", "memory"}} {
		limit, ok := t.Limits[r.name]
		if !ok {
			continue
		}
		request := requests.Scalar(r.name)
		if request == 0 {
			return fmt.Sprintf("When a %s limit is specified, a %s request must also be specified", r.request, r.request)
		}
		if limit.Value < request.Float() {
			return fmt.Sprintf("The %s limit must be greater than or equal to the %s request", r.limit, r.limit)
		}
	}
	return ""
}
