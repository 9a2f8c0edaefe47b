package job_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestReferenceNamesEveryField: docs/jobs.md and the package comment have each
// field that a job can have.
func TestReferenceNamesEveryField(t *testing.T) {
	reference := read(t, "../../docs/jobs.md")
	comment := read(t, "doc.go")
	names := map[string]bool{}
	fieldNames(reflect.TypeFor[job.Spec](), names)
	if len(names) < 50 {
		t.Fatalf("found only %d fields", len(names))
	}
	for name := range names {
		if !strings.Contains(reference, "`"+name+"`") {
			t.Errorf("docs/jobs.md does not explain %s", name)
		}
		inVolume := name == "container_path" || name == "host_path" || name == "mode" || name == "key"
		if !inVolume && !strings.Contains(comment, name) {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}

// TestReferenceHasTheNumbersOfTheCode: limits and defaults in the text are
// those in force.
func TestReferenceHasTheNumbersOfTheCode(t *testing.T) {
	reference := read(t, "../../docs/jobs.md")
	lim := job.DefaultLimits()
	sentences := map[string]string{
		"IDBytes":         fmt.Sprintf("At most %d bytes, no control", lim.IDBytes),
		"SpecBytes":       fmt.Sprintf("at most %s bytes as compact JSON", thousands(lim.SpecBytes)),
		"MinGroups":       fmt.Sprintf("The task groups, %d to %d.", lim.MinGroups, lim.Groups),
		"Groups":          fmt.Sprintf("to %d. Each", lim.Groups),
		"Replicas":        fmt.Sprintf("together at most %s tasks", thousands(lim.Replicas)),
		"NameBytes":       fmt.Sprintf("letter or digit first, at most %d bytes", lim.NameBytes),
		"RoleBytes":       fmt.Sprintf("Free text, at most %d bytes", lim.RoleBytes),
		"Labels":          fmt.Sprintf("for filtering. At most %d.", lim.Labels),
		"LabelKeyBytes":   fmt.Sprintf("at most %d bytes, and does not", lim.LabelKeyBytes),
		"LabelValueBytes": fmt.Sprintf("a value has at most %d bytes", lim.LabelValueBytes),
		"Env":             fmt.Sprintf("At most %d variables", lim.Env),
		"EnvBytes":        fmt.Sprintf("%s bytes in all", thousands(lim.EnvBytes)),
		"Secrets":         fmt.Sprintf("at most %d secrets in `env` and `secrets` together", lim.Secrets),
		"CommandArgs":     fmt.Sprintf("program first, at most %d.", lim.CommandArgs),
		"CommandBytes":    fmt.Sprintf("`/bin/sh -c`. At most %s bytes", thousands(lim.CommandBytes)),
		"MinCPU":          fmt.Sprintf("Cores, %v to", lim.MinCPU),
		"CPU":             fmt.Sprintf("to %s. |", thousands(lim.CPU)),
		"MinMemory":       fmt.Sprintf("MB, %v to", lim.MinMemory),
		"Memory":          fmt.Sprintf("to %s. |", thousands(lim.Memory)),
		"Disk":            fmt.Sprintf("MB, at most %s.", thousands(lim.Disk)),
		"GPUs":            fmt.Sprintf("`gpus` | whole number | 0 | At most %d.", lim.GPUs),
		"Ports":           fmt.Sprintf("`ports` | list | none | At most %d,", lim.Ports),
		"Volumes":         fmt.Sprintf("`volumes` | list | none | At most %d:", lim.Volumes),
		"Parameters":      fmt.Sprintf("`parameters` | list | none | At most %d more", lim.Parameters),
		"Constraints":     fmt.Sprintf("`constraints` | list | none | At most %d,", lim.Constraints),
		"Affinities":      fmt.Sprintf("`affinities` | list | none | At most %d:", lim.Affinities),
		"Spreads":         fmt.Sprintf("`spread` | list | none | At most %d:", lim.Spreads),
		"SpreadTargets":   fmt.Sprintf("by value, at most %d values", lim.SpreadTargets),
		"spread weight":   fmt.Sprintf("`weight` | 1 to 100 | %d |", job.DefaultSpreadWeight),
		"URIs":            fmt.Sprintf("`uris` | list | none | At most %d,", lim.URIs),
		"TextBytes":       fmt.Sprintf("above have at most %d bytes", lim.TextBytes),
		"Duration":        fmt.Sprintf("are at most %.0f h", lim.Duration.Seconds()/3600),
		"KillGrace":       fmt.Sprintf("`kill_grace` | duration | %.0f s | The wait between SIGTERM and SIGKILL, at most %.0f h", job.DefaultKillGrace.Seconds(), lim.KillGrace.Seconds()/3600),
		"After":           fmt.Sprintf("at most %d ids", lim.After),
		"TimeLimit":       fmt.Sprintf("from its submission on, at most %.0f h", lim.TimeLimit.Seconds()/3600),
		"Gang":            fmt.Sprintf("start all at once or not at all, see [below](#gangs); at most %d.", lim.Gang),
		"KeepFor":         fmt.Sprintf("after its end, at most %.0f h", lim.KeepFor.Seconds()/3600),
		"Attempts":        fmt.Sprintf("`attempts` | whole number | %d | For batch jobs only: how often a task is tried, the first time included; at most %d.", job.DefaultAttempts, lim.Attempts),
		"HealthFailures":  fmt.Sprintf("`failures` | whole number | %d | In a row end the task; at most %d.", job.DefaultHealthFailures, lim.HealthFailures),
		"cpu":             fmt.Sprintf("`cpu` | number | %d |", job.DefaultCPU),
		"memory":          fmt.Sprintf("`memory` | number | %d |", job.DefaultMemory),
		"network":         fmt.Sprintf("`network` | string | `%s` |", job.DefaultNetwork),
		"path":            fmt.Sprintf("`path` | string | `%s` |", job.DefaultHealthPath),
		"interval":        fmt.Sprintf("`interval` | duration | %.0f s |", job.DefaultHealthInterval.Seconds()),
		"timeout":         fmt.Sprintf("`timeout` | duration | %.0f s |", job.DefaultHealthTimeout.Seconds()),
		"grace":           fmt.Sprintf("`grace` | duration | %.0f s |", job.DefaultHealthGrace.Seconds()),
		"backoff":         fmt.Sprintf("`backoff` | duration | %.0f s |", job.DefaultBackoff.Seconds()),
		"backoff_max":     fmt.Sprintf("`backoff_max` | duration | %.0f min |", job.DefaultBackoffMax.Seconds()/60),
		"before_kill":     fmt.Sprintf("`timeout` | duration | %.0f s | Then it is killed", job.DefaultBeforeKillTimeout.Seconds()),
		"replace_after":   fmt.Sprintf("`replace_after` | duration or `\"never\"` | %.0f min |", job.Duration(job.DefaultReplaceAfter).Seconds()/60),
		"give_up_after":   fmt.Sprintf("`give_up_after` | duration or `\"never\"` | %.0f min more than `replace_after` |", job.DefaultReturn.Minutes()),
		"reset_after":     fmt.Sprintf("`reset_after` | duration | %.0f min |", job.DefaultResetAfter.Seconds()/60),

		"min_healthy":       fmt.Sprintf("`min_healthy` | duration | %.0f s |", job.DefaultMinHealthy.Seconds()),
		"progress_deadline": fmt.Sprintf("`progress_deadline` | duration | %.0f min |", job.DefaultProgressDeadline.Seconds()/60),
		"max_surge":         fmt.Sprintf("`max_surge` | number or share | `\"%d%%\"` |", job.DefaultShare),
		"max_unavailable":   fmt.Sprintf("`max_unavailable` | number or share | `\"%d%%\"` |", job.DefaultShare),

		"ScheduleLines":      fmt.Sprintf("A line of cron, or a list of at most %d", lim.ScheduleLines),
		"DispatchParameters": fmt.Sprintf("`parameters` | object | none | At most %d", lim.DispatchParameters),
		"KeepRuns":           fmt.Sprintf("`keep_runs` | whole number | %d | How many runs that have ended are kept, at most %d", job.DefaultKeepRuns, lim.KeepRuns),
		"start_deadline":     fmt.Sprintf("`start_deadline` | duration | %.0f min |", job.DefaultStartDeadline.Seconds()/60),
	}
	for field, sentence := range sentences {
		if !strings.Contains(reference, sentence) {
			t.Errorf("%s: docs/jobs.md does not say %q", field, sentence)
		}
	}
	for limit := range reflect.TypeFor[job.Limits]().Fields() {
		if sentences[limit.Name] == "" {
			t.Errorf("no sentence of docs/jobs.md is checked for the limit %s", limit.Name)
		}
	}
}

// fieldNames gathers the JSON names of a type and what is in it.
func fieldNames(of reflect.Type, names map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[job.Command]() || of == reflect.TypeFor[job.Amount]() {
		return
	}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = true
		fieldNames(field.Type, names)
	}
}

// thousands writes a number with commas.
func thousands[T int | uint64 | float64](n T) string {
	digits := fmt.Sprintf("%.0f", float64(n))
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestReferenceListsTheVariables that every task gets.
func TestReferenceListsTheVariables(t *testing.T) {
	reference := read(t, "../../docs/jobs.md")
	for _, name := range []string{
		job.VarHost, job.VarPort, job.VarPorts, job.PortNumberVariable(0), job.PortVariable("admin-ui"), job.VarTaskID, job.VarJob, job.VarGroup,
		job.VarSlot, job.VarIndex, job.VarVersion, job.VarAttempt, "MESOS_SANDBOX", "MESOS_CONTAINER_NAME", "MESOS_ALLOCATION_ROLE",
	} {
		if !strings.Contains(reference, "`"+name+"`") {
			t.Errorf("docs/jobs.md does not name %s", name)
		}
	}
}
