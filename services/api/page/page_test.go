package page_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// The page follows every type of event there is.
func TestPageKnowsEveryEvent(t *testing.T) {
	t.Parallel()
	a := apitest.New(t).Do("GET", "/", "").Want(200)
	for _, ev := range []events.Event{
		events.JobSubmitted{},
		events.JobScaled{},
		events.JobUpdated{},
		events.JobRestarted{},
		events.KillRequested{},
		events.RolloutSteered{},
		events.VersionTagged{},
		events.RolloutEnded{},
		events.RolloutReverted{},
		events.JobStopped{},
		events.JobDeleted{},
		events.TasksPlanned{},
		events.TasksDoomed{},
		events.JobCompleted{},
		events.JobFailed{},
		events.TaskStaged{},
		events.TaskWithdrawn{},
		events.TaskAdopted{},
		events.TaskStatusChanged{},
		events.KillIssued{},
		events.LauncherElected{},
		events.FrameworkRegistered{},
		events.SubscriptionOpened{},
		events.SubscriptionClosed{},
	} {
		name := strings.TrimSuffix(strings.TrimPrefix(ev.Type(), "taurus."), ".v1")
		if !strings.Contains(a.Body, `"`+name+`"`) {
			t.Errorf("the page does not follow %s", name)
		}
	}
	for _, part := range []string{`base + "/rollout"`, "version(j)", "t.version"} {
		if !strings.Contains(a.Body, part) {
			t.Errorf("the page does not show versions and rollouts: no %s", part)
		}
	}
	for _, part := range []string{"ending(t.doom)", "d.blocked", "d.kills", "c.blocked"} {
		if !strings.Contains(a.Body, part) {
			t.Errorf("the page does not show kills that are blocked: no %s", part)
		}
	}
	for _, part := range []string{"e.textContent = seen(text)", "td.textContent = seen(c)"} {
		if !strings.Contains(a.Body, part) {
			t.Errorf("the page shows names as an old log may have them: no %s", part)
		}
	}
	policy := a.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || regexp.MustCompile(`(src|href)\s*=\s*"?https?:`).MatchString(a.Body) {
		t.Errorf("the page reaches outside: %s", policy)
	}
}
