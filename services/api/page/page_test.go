package page_test

import (
	"crypto/sha256"
	"encoding/base64"
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
		if !strings.Contains(a.Body, `"`+ev.Type()+`"`) {
			t.Errorf("the page does not follow %s", ev.Type())
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
	if regexp.MustCompile(`(src|href)\s*=\s*"?https?:`).MatchString(a.Body) {
		t.Error("the page reaches outside")
	}
}

// TestPolicy: the page talks to nobody else, leads nowhere, is framed by nobody, and keeps
// nothing where other tabs find it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	a := apitest.New(t).Do("GET", "/", "").Want(200)
	policy := a.Header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("%q lacks %q", policy, want)
		}
	}
	if found := regexp.MustCompile(`document\.cookie|localStorage|indexedDB`).FindString(a.Body); found != "" {
		t.Errorf("the page has %q in it", found)
	}
}

// TestPageRunsOnlyWhatIsInIt: each of its elements of style and script is named by its hash,
// and it has none of what no hash could name.
func TestPageRunsOnlyWhatIsInIt(t *testing.T) {
	t.Parallel()
	a := apitest.New(t).Do("GET", "/", "").Want(200)
	policy := a.Header.Get("Content-Security-Policy")
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`\b([^>]*)>(.*?)</`+element+`>`).FindAllStringSubmatch(a.Body, -1)
		if len(found) == 0 {
			t.Errorf("the page has no %s", element)
		}
		for _, m := range found {
			sum := sha256.Sum256([]byte(m[2]))
			if hash := base64.StdEncoding.EncodeToString(sum[:]); m[1] != "" || !strings.Contains(policy, element+"-src 'sha256-"+hash+"'") {
				t.Errorf("<%s%s> is not in the policy %s", element, m[1], policy)
			}
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	markup := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(a.Body, "")
	if bad := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)\s*=|javascript:`).FindString(markup); bad != "" {
		t.Errorf("the policy would not let the page have %s", bad)
	}
	if bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`).FindString(a.Body); bad != "" {
		t.Errorf("text of users could become markup: %s", bad)
	}
}
