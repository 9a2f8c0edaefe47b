package planning_test

import (
	"regexp"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/planning"
)

// TestEveryReasonHasAClass of its own, in the form that programs are promised.
func TestEveryReasonHasAClass(t *testing.T) {
	form, seen := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`), map[string]string{}
	for _, reason := range []string{
		planning.ReasonStopped, planning.ReasonScaledDown, planning.ReasonOldRun, planning.ReasonReplaced,
		planning.ReasonFailed, planning.ReasonCompleted, planning.ReasonUnknown, planning.ReasonSettled,
	} {
		class := planning.ClassOf(reason)
		if !form.MatchString(class) || seen[class] != "" {
			t.Errorf("%q is of the class %q, as is %q", reason, class, seen[class])
		}
		seen[class] = reason
	}
	if class := planning.ClassOf("out of the blue"); class != "" {
		t.Errorf("an unknown reason is of the class %q", class)
	}
}
