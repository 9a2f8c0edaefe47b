package validate

import (
	"fmt"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// seconds is a duration of a check with its name.
type seconds struct {
	name  string
	value float64
}

func negative(list []seconds) string {
	for _, s := range list {
		if s.value < 0 {
			return fmt.Sprintf("Expecting '%s' to be non-negative", s.name)
		}
	}
	return ""
}

func checkInfo(t *mesos.TaskInfo, _ Launch) string {
	if t.Check == nil {
		return ""
	}
	if why := checkFault(t.Check); why != "" {
		return "Task uses invalid check: " + why
	}
	return ""
}

func checkFault(c *mesos.CheckInfo) string {
	switch c.Type {
	case mesos.CheckInfo_UNKNOWN:
		return "CheckInfo must specify 'type'"
	case mesos.CheckInfo_COMMAND:
		if c.Command == nil {
			return "Expecting 'command' to be set for COMMAND check"
		}
		if why := checkCommand(&c.Command.Command, "Command check", "Check"); why != "" {
			return why
		}
	case mesos.CheckInfo_HTTP:
		if c.HTTP == nil {
			return "Expecting 'http' to be set for HTTP check"
		}
		if c.HTTP.Path != nil && !strings.HasPrefix(c.HTTP.GetPath(), "/") {
			return fmt.Sprintf("The path '%s' of HTTP check must start with '/'", c.HTTP.GetPath())
		}
	case mesos.CheckInfo_TCP:
		if c.TCP == nil {
			return "Expecting 'tcp' to be set for TCP check"
		}
	}
	return negative([]seconds{
		{"delay_seconds", c.GetDelaySeconds()}, {"interval_seconds", c.GetIntervalSeconds()}, {"timeout_seconds", c.GetTimeoutSeconds()},
	})
}

func checkCommand(c *mesos.CommandInfo, what, whose string) string {
	if c.Value == nil {
		kind := "'executable path'"
		if c.GetShell() {
			kind = "'shell command'"
		}
		return fmt.Sprintf("%s must contain %s", what, kind)
	}
	if why := environment(c); why != "" {
		return whose + "'s `CommandInfo` is invalid: " + why
	}
	return ""
}

func healthCheck(t *mesos.TaskInfo, _ Launch) string {
	if t.HealthCheck == nil {
		return ""
	}
	if why := healthFault(t.HealthCheck); why != "" {
		return "Task uses invalid health check: " + why
	}
	return ""
}

// inferType sets the type of a health check in the form of old frameworks.
func inferType(h *mesos.HealthCheck) {
	switch {
	case h == nil || h.Type != mesos.HealthCheck_UNKNOWN:
	case h.Command != nil && h.HTTP == nil:
		h.Type = mesos.HealthCheck_COMMAND
	case h.HTTP != nil && h.Command == nil:
		h.Type = mesos.HealthCheck_HTTP
	}
}

func healthFault(h *mesos.HealthCheck) string {
	switch h.Type {
	case mesos.HealthCheck_UNKNOWN:
		return "HealthCheck must specify 'type'"
	case mesos.HealthCheck_COMMAND:
		if h.Command == nil {
			return "Expecting 'command' to be set for COMMAND health check"
		}
		if why := checkCommand(h.Command, "Command health check", "Health check"); why != "" {
			return why
		}
	case mesos.HealthCheck_HTTP:
		if h.HTTP == nil {
			return "Expecting 'http' to be set for HTTP health check"
		}
		if s := h.HTTP.GetScheme(); s != "" && s != "http" && s != "https" {
			return fmt.Sprintf("Unsupported HTTP health check scheme: '%s'", s)
		}
		if h.HTTP.Path != nil && !strings.HasPrefix(h.HTTP.GetPath(), "/") {
			return fmt.Sprintf("The path '%s' of HTTP health check must start with '/'", h.HTTP.GetPath())
		}
	case mesos.HealthCheck_TCP:
		if h.TCP == nil {
			return "Expecting 'tcp' to be set for TCP health check"
		}
	}
	return negative([]seconds{
		{"delay_seconds", h.GetDelaySeconds()},
		{"grace_period_seconds", h.GetGracePeriodSeconds()},
		{"interval_seconds", h.GetIntervalSeconds()},
		{"timeout_seconds", h.GetTimeoutSeconds()},
	})
}
