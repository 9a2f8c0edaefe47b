package command

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func subcommand(t *testing.T, name string) *cobra.Command {
	t.Helper()
	cmd, _, err := New().Find([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// Scripts written for Mesos work: what means nothing here is taken, in all forms
// that Mesos' flags have.
func TestFlagsOfMesos(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"master": "--quorum=1 --log_auto_initialize --no-log_auto_initialize --no-authenticate --authenticate_slaves --quiet --webui_dir=/x " +
			"--no-hostname_lookup --registry_max_agent_age=2weeks --logging_level=WARNING --user_sorter=drf",
		"agent": "--isolation=posix/cpu,posix/mem --launcher=posix --no-docker_kill_orphans --no-systemd_enable_support --credential=/x " +
			"--recovery_timeout=15mins --slave_subsystems=memory --no-switch_user",
	} {
		if err := subcommand(t, name).ParseFlags(strings.Fields(line)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What would change what frameworks see is not taken silently.
	for name, flags := range map[string][]string{
		"master": {"acls", "rate_limits", "firewall_rules", "whitelist", "agent_removal_rate_limit", "weights", "modules"},
		"agent":  {"acls", "default_role", "modules", "resource_estimator", "executor_environment_variables"},
	} {
		for _, flag := range flags {
			if err := subcommand(t, name).ParseFlags([]string{"--" + flag + "=x"}); err == nil {
				t.Errorf("%s takes --%s", name, flag)
			}
		}
	}
}

func TestNegatedAndOldFlags(t *testing.T) {
	t.Parallel()
	cmd := subcommand(t, "master")
	if err := cmd.ParseFlags([]string{"--authenticate_http", "--slave_ping_timeout=3secs", "--no-root_submissions", "--no-authenticate_http_readonly"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"authenticate_http_readwrite": "true", "agent_ping_timeout": "3s", "root_submissions": "false", "authenticate_http_readonly": "false",
	} {
		if got := cmd.Flags().Lookup(name).Value.String(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if strings.Contains(cmd.Flags().FlagUsages(), "no-") || strings.Contains(cmd.Flags().FlagUsages(), "quorum") {
		t.Error("what is ignored is explained")
	}
}

func TestLoggingLevels(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"INFO", "WARNING", "ERROR", "debug", "warn"} {
		if _, err := (&common{level: level}).log("x"); err != nil {
			t.Errorf("%s: %v", level, err)
		}
	}
	if _, err := (&common{level: "loud"}).log("x"); err == nil {
		t.Error("loud is a level")
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"master", "agent"} {
		var out bytes.Buffer
		cmd := New()
		cmd.SetOut(&out)
		cmd.SetArgs([]string{name, "--version"})
		if err := cmd.Execute(); err != nil || out.String() != "mesos 1.12.0\n" {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
}
