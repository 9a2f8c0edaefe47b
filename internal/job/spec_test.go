package job_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

const examples = "../../examplejobs"

// exampleFiles are all example jobs by name.
func exampleFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"*.json", "*.yaml"} {
		names, err := filepath.Glob(filepath.Join(examples, pattern))
		if err != nil {
			tb.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			files[filepath.Base(name)] = data
		}
	}
	if len(files) < 5 {
		tb.Fatalf("found only %d example jobs", len(files))
	}
	return files
}

// contentType is that of a file by its name.
func contentType(name string) string {
	if strings.HasSuffix(name, ".yaml") {
		return "application/yaml"
	}
	return "application/json"
}

// anyText draws text of all kinds, empty too, but valid UTF-8.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "web", "on_failure", "tcp", "10", "~", "null", "true", "é", "a b", "\n", "\x00", `"`, "/x"}),
		rapid.StringN(0, 8, 20),
	)
}

// someDuration draws durations that a spec may hold, wrong ones too.
func someDuration() *rapid.Generator[job.Duration] {
	return rapid.OneOf(
		rapid.SampledFrom([]job.Duration{0, 1, job.Duration(time.Second), job.Duration(time.Hour), job.Duration(90 * time.Second), -5}),
		rapid.Map(rapid.Int64(), func(n int64) job.Duration { return job.Duration(n) }),
	)
}

func somePatience() *rapid.Generator[job.Patience] {
	return rapid.OneOf(
		rapid.Just(job.Never),
		rapid.Map(someDuration(), func(d job.Duration) job.Patience { return job.Patience(d) }),
	)
}

// someAmount draws finite numbers.
func someAmount() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.SampledFrom([]float64{0, 0.0004, 0.0005, 0.1, 1, 2.5, 128, -1}),
		rapid.Float64Range(-1e300, 1e300),
	)
}

func maybe[T any](t *rapid.T, name string, draw func(*rapid.T) T) *T {
	if !rapid.Bool().Draw(t, name) {
		return nil
	}
	v := draw(t)
	return &v
}

func list[T any](draw func(*rapid.T) T) *rapid.Generator[[]T] {
	return rapid.SliceOfN(rapid.Custom(draw), 0, 3)
}

func textMap() *rapid.Generator[map[string]string] {
	return rapid.MapOfN(anyText(), anyText(), 0, 3)
}

// anySpec draws specs, most of them faulty, that touch every field.
func anySpec() *rapid.Generator[*job.Spec] {
	return rapid.Custom(func(t *rapid.T) *job.Spec {
		return &job.Spec{
			ID:        anyText().Draw(t, "id"),
			Kind:      rapid.SampledFrom([]job.Kind{"", job.KindService, job.KindBatch, "cron"}).Draw(t, "kind"),
			Labels:    textMap().Draw(t, "labels"),
			TimeLimit: someDuration().Draw(t, "time_limit"), KeepFor: someDuration().Draw(t, "keep_for"),
			After:   rapid.SliceOfN(anyText(), 0, 2).Draw(t, "after"),
			Success: job.Success(rapid.Uint32Max(4).Draw(t, "success")),
			Rollout: maybe(t, "rollout", anyRollout),
			Tasks:   list(anyGroup).Draw(t, "tasks"),
		}
	})
}

func anyGroup(t *rapid.T) job.Group {
	return job.Group{
		Name: anyText().Draw(t, "name"), Cluster: anyText().Draw(t, "cluster"),
		Role: anyText().Draw(t, "role"), Environment: anyText().Draw(t, "environment"),
		Priority: rapid.Uint32().Draw(t, "priority"), Replicas: rapid.Uint32().Draw(t, "replicas"),
		Container: maybe(t, "container", anyContainer),
		Resources: maybe(t, "resources", func(t *rapid.T) job.Resources {
			return job.Resources{
				CPU: someAmount().Draw(t, "cpu"), Memory: someAmount().Draw(t, "memory"),
				CPULimit: someAmount().Draw(t, "cpu_limit"), MemoryLimit: someAmount().Draw(t, "memory_limit"),
				Disk: someAmount().Draw(t, "disk"), GPUs: rapid.Uint32().Draw(t, "gpus"),
			}
		}),
		Ports: list(func(t *rapid.T) job.Port {
			return job.Port{
				Name: anyText().Draw(t, "name"), Container: rapid.Uint32Max(70000).Draw(t, "container"),
				Host: rapid.Uint32Max(70000).Draw(t, "host"), Protocol: anyText().Draw(t, "protocol"),
			}
		}).Draw(t, "ports"),
		Env: rapid.MapOfN(anyText(), rapid.Custom(anyVariable), 0, 3).Draw(t, "env"), Secrets: list(func(t *rapid.T) job.SecretFile {
			return job.SecretFile{Name: anyText().Draw(t, "name"), Path: anyText().Draw(t, "path"), Mode: anyText().Draw(t, "mode")}
		}).Draw(t, "secrets"),
		Labels:      textMap().Draw(t, "labels"),
		HealthCheck: maybe(t, "health_check", anyHealthCheck),
		Constraints: list(func(t *rapid.T) job.Constraint {
			operator := rapid.SampledFrom([]string{"is", "LIKE", "unique", "max_per", "group_by", "near"}).Draw(t, "operator")
			return job.Constraint{Attribute: anyText().Draw(t, "attribute"), Operator: operator, Value: anyText().Draw(t, "value")}
		}).Draw(t, "constraints"),
		Affinities: list(func(t *rapid.T) job.Affinity {
			operator := rapid.SampledFrom([]string{"is", "LIKE", "unlike", "unique"}).Draw(t, "operator")
			return job.Affinity{Attribute: anyText().Draw(t, "attribute"), Operator: operator, Value: anyText().Draw(t, "value"), Weight: rapid.Int32().Draw(t, "weight")}
		}).Draw(t, "affinities"),
		Spread: list(func(t *rapid.T) job.Spread {
			targets := rapid.MapOfN(anyText(), rapid.Uint32Max(120), 0, 3).Draw(t, "targets")
			return job.Spread{Attribute: anyText().Draw(t, "attribute"), Weight: rapid.Uint32Max(120).Draw(t, "weight"), Targets: targets}
		}).Draw(t, "spread"),
		Placement: rapid.SampledFrom([]string{"", "spread", "BINPACK", "x"}).Draw(t, "placement"),
		Restart: maybe(t, "restart", func(t *rapid.T) job.Restart {
			return job.Restart{
				Policy:   rapid.SampledFrom([]string{"", "always", "on_failure", "never", "x"}).Draw(t, "policy"),
				Attempts: rapid.Uint32Max(3).Draw(t, "attempts"), Backoff: someDuration().Draw(t, "backoff"),
				BackoffMax: someDuration().Draw(t, "backoff_max"), ResetAfter: someDuration().Draw(t, "reset_after"),
			}
		}),
		After:         rapid.SliceOfN(anyText(), 0, 2).Draw(t, "after"),
		TimeLimit:     someDuration().Draw(t, "time_limit"),
		Gang:          rapid.Bool().Draw(t, "gang"),
		KillGrace:     someDuration().Draw(t, "kill_grace"),
		KillSelection: rapid.SampledFrom([]string{"", "newest", "OLDEST", "unhealthy", "highest_slot", "x"}).Draw(t, "kill_selection"),
		KillSignal:    rapid.SampledFrom([]string{"", "int", "SIGTERM", "KILL", "x"}).Draw(t, "kill_signal"),
		BeforeKill: maybe(t, "before_kill", func(t *rapid.T) job.BeforeKill {
			return job.BeforeKill{Command: anyText().Draw(t, "before"), Timeout: someDuration().Draw(t, "before_timeout")}
		}),
		Unreachable: maybe(t, "unreachable", func(t *rapid.T) job.Unreachable {
			return job.Unreachable{
				ReplaceAfter: somePatience().Draw(t, "replace_after"), GiveUpAfter: somePatience().Draw(t, "give_up_after"),
				Keep: rapid.SampledFrom([]string{"", job.KeepNewest, "ORIGINAL", "x"}).Draw(t, "keep"),
			}
		}),
		URIs: list(func(t *rapid.T) job.URI {
			return job.URI{
				Value: anyText().Draw(t, "value"), Executable: rapid.Bool().Draw(t, "executable"),
				Extract: maybe(t, "extract", func(t *rapid.T) bool { return rapid.Bool().Draw(t, "extract?") }),
				Cache:   rapid.Bool().Draw(t, "cache"), OutputFile: anyText().Draw(t, "output_file"),
			}
		}).Draw(t, "uris"),
	}
}

func anyVariable(t *rapid.T) job.Variable {
	if name := anyText().Draw(t, "secret"); name != "" && rapid.Bool().Draw(t, "secret?") {
		return job.Variable{Secret: name}
	}
	return job.Plain(anyText().Draw(t, "value"))
}

func anyContainer(t *rapid.T) job.Container {
	command := job.Command{Shell: anyText().Draw(t, "shell")}
	if rapid.Bool().Draw(t, "args?") {
		command = job.Command{Args: rapid.SliceOfN(anyText(), 0, 3).Draw(t, "args")}
	}
	return job.Container{
		Containerizer: rapid.SampledFrom([]string{"", "docker", "MESOS", "x"}).Draw(t, "containerizer"), Image: anyText().Draw(t, "image"), Command: command,
		Volumes: list(func(t *rapid.T) job.Volume {
			return job.Volume{
				ContainerPath: anyText().Draw(t, "container_path"), HostPath: anyText().Draw(t, "host_path"),
				Mode: anyText().Draw(t, "mode"),
			}
		}).Draw(t, "volumes"),
		Network:             rapid.SampledFrom([]string{"", "bridge", "host", "none", "mine", ":"}).Draw(t, "network"),
		RegistryCredentials: maybe(t, "credentials", func(t *rapid.T) job.SecretRef { return job.SecretRef{Secret: anyText().Draw(t, "secret")} }),
		ForcePull:           rapid.Bool().Draw(t, "force_pull"), Privileged: rapid.Bool().Draw(t, "privileged"),
		Parameters: list(func(t *rapid.T) job.Parameter {
			return job.Parameter{Key: anyText().Draw(t, "key"), Value: anyText().Draw(t, "value")}
		}).Draw(t, "parameters"),
	}
}

func anyHealthCheck(t *rapid.T) job.HealthCheck {
	return job.HealthCheck{
		Type: rapid.SampledFrom([]string{"", "HTTP", "tcp", "command", "x"}).Draw(t, "type"),
		Port: rapid.Uint32Max(70000).Draw(t, "port"), Path: anyText().Draw(t, "path"),
		Command: anyText().Draw(t, "command"), Interval: someDuration().Draw(t, "interval"),
		Timeout: someDuration().Draw(t, "timeout"), Grace: someDuration().Draw(t, "grace"),
		Delay: someDuration().Draw(t, "delay"), Failures: rapid.Uint32().Draw(t, "failures"),
	}
}
