package projection

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/policy"
)

// CodeRolloutForbidden is that of a rollout whose next step the policy forbids.
const CodeRolloutForbidden Code = "rollout_forbidden"

// forbidden tells what of a group is not started anew as the policy forbids it, or as there is
// no room in a quota; false if all of it is the planner's to do.
func (e *Explanation) forbidden(j *cluster.Job, g Group, n uint32, around planning.Around) bool {
	if all := around.Forbidden(j, j.Target); len(all) > 0 {
		e.Reasons = append(e.Reasons, Reason{
			Code: CodeForbidden, Group: g.Name, Tasks: n, Message: fmt.Sprintf("%s of group %s %s not started: %s", tasks(n), g.Name, verb(n, "is", "are"), violations(all)),
		})
		return true
	}
	for i, a := range around.Admitted(j) {
		if j.Spec.Tasks[i].Name != g.Name || a.Quota == "" {
			continue
		}
		e.Reasons = append(e.Reasons, Reason{
			Code: CodeQuota, Group: g.Name, Tasks: n, Message: fmt.Sprintf(
				"%s of group %s %s not started: the quota %q of the policy has room for %d of %d; stop others, or scale it down", tasks(n), g.Name, verb(n, "is", "are"), a.Quota, a.Tasks, j.Spec.Tasks[i].Replicas),
		})
		return true
	}
	return false
}

// violations names what the policy forbids, and not all of it.
func violations(all []policy.Violation) string {
	const most = 3
	list := make([]string, 0, most)
	for _, v := range all[:min(most, len(all))] {
		list = append(list, v.String())
	}
	if n := len(all) - most; n > 0 {
		list = append(list, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, "; ")
}

// forbiddenTask is the obstacle of a task that was planned before the policy forbade it.
func forbiddenTask(around planning.Around, j *cluster.Job, t *cluster.Task) obstacle {
	if t.State != cluster.Waiting || t.Doom != nil || j.Over() || t.Run != j.Run {
		return obstacle{}
	}
	if all := around.Forbidden(j, t.Version); len(all) > 0 {
		return obstacle{code: CodeForbidden, message: "planned, and not started: " + violations(all)}
	}
	return obstacle{}
}
