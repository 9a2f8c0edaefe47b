package job_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/visible"
)

// good is a job with one group and nothing wrong.
func good() *job.Spec {
	return &job.Spec{ID: "a", Tasks: []job.Group{{Role: "web", Replicas: 1, Container: &job.Container{Image: "nginx"}}}}
}

// faultCase is one way to make a good job wrong.
type faultCase struct {
	path, part string
	spoil      func(*job.Spec)
}

// inGroup spoils the only group.
func inGroup(path, part string, spoil func(*job.Group)) faultCase {
	at := "tasks[0]"
	if path != "" {
		at += "." + path
	}
	return faultCase{at, part, func(s *job.Spec) { spoil(&s.Tasks[0]) }}
}

func TestFaultsOfTheJob(t *testing.T) {
	checkFaults(t, []faultCase{
		{"id", "is missing", func(s *job.Spec) { s.ID = "" }},
		{"id", `"all" means every job`, func(s *job.Spec) { s.ID = "all" }},
		{"id", "is 201 bytes; make it at most 200", func(s *job.Spec) { s.ID = strings.Repeat("é", 100) + "e" }},
		{"id", "control character", func(s *job.Spec) { s.ID = "a\nb" }},
		{"id", "control character", func(s *job.Spec) { s.ID = "a\u0085b" }},
		{"id", `"pay\u200bments" has U+200B, which is invisible; remove it`, func(s *job.Spec) { s.ID = "pay\u200bments" }},
		{"id", "U+202E, which changes the direction", func(s *job.Spec) { s.ID = "a\u202eb" }},
		{"id", "U+00A0, a blank that only looks like a space", func(s *job.Spec) { s.ID = "\u00a0a" }},
		{"id", "U+E0041", func(s *job.Spec) { s.ID = "a\U000e0041" }},
		{"id", "U+FE0F", func(s *job.Spec) { s.ID = "a\ufe0f" }},
		{"id", "write it composed (NFC)", func(s *job.Spec) { s.ID = "u\u0308nicode" }},
		{"labels.a", "U+202E", func(s *job.Spec) { s.Labels = map[string]string{"a": "\u202e"} }},
		{"id", "not valid UTF-8", func(s *job.Spec) { s.ID = "a\xff" }},
		{"id", "begins or ends with a space", func(s *job.Spec) { s.ID = " a" }},
		{"id", "part between slashes", func(s *job.Spec) { s.ID = "/a" }},
		{"id", "part between slashes", func(s *job.Spec) { s.ID = "a//b" }},
		{"id", "part between slashes", func(s *job.Spec) { s.ID = "a/../b" }},
		{"kind", `"cron" is not known; use "service", "batch" or "periodic"`, func(s *job.Spec) { s.Kind = "cron" }},
		{"labels", "has 65 entries; make it at most 64", func(s *job.Spec) { s.Labels = manyEntries(65) }},
		{`labels["a b"]`, "letters, digits", func(s *job.Spec) { s.Labels = map[string]string{"a b": ""} }},
		{`labels[""]`, "letters, digits", func(s *job.Spec) { s.Labels = map[string]string{"": ""} }},
		{`labels["taurus.slot"]`, "the system's own", func(s *job.Spec) { s.Labels = map[string]string{"taurus.slot": ""} }},
		{"labels." + strings.Repeat("k", 129), "the name is 129 bytes", func(s *job.Spec) {
			s.Labels = map[string]string{strings.Repeat("k", 129): ""}
		}},
		{"labels.a", "is 1025 bytes", func(s *job.Spec) { s.Labels = map[string]string{"a": strings.Repeat("v", 1025)} }},
		{"tasks", "is missing; list at least 1 task", func(s *job.Spec) { s.Tasks = nil }},
		{"tasks", "has 101 entries; make it at most 100", func(s *job.Spec) { s.Tasks = make([]job.Group, 101) }},
		{"tasks[1].name", `"web" is also the name of tasks[0]`, func(s *job.Spec) {
			s.Tasks[0].Name = "web"
			s.Tasks = append(s.Tasks, s.Tasks[0])
		}},
		{"tasks[1].replicas", "makes it 100001 tasks in the job; ask for at most 100000", func(s *job.Spec) {
			s.Tasks = append(s.Tasks, s.Tasks[0], s.Tasks[0])
			s.Tasks[0].Replicas, s.Tasks[1].Replicas, s.Tasks[2].Replicas = 1, 100_000, math.MaxUint32
		}},
		{"after[0]", "is the job itself", func(s *job.Spec) { s.After = []string{s.ID} }},
		{"after[1]", `"x" is there twice; remove one`, func(s *job.Spec) { s.After = []string{"x", "x"} }},
		{"after[0]", "is no id of a job, which has 1 to 200 bytes", func(s *job.Spec) { s.After = []string{""} }},
		{"after[0]", "U+200B", func(s *job.Spec) { s.After = []string{"a\u200bb"} }},
		{"after[0]", "control character", func(s *job.Spec) { s.After = []string{"a\nb"} }},
		{"after", "has 51 entries; make it at most 50", func(s *job.Spec) { s.After = make([]string, 51) }},
		{"tasks[0].after[0]", `the job has no group "db"; name one of its groups`, func(s *job.Spec) { s.Tasks[0].After = []string{"db"} }},
		{"tasks[0].after[0]", "is the group itself", func(s *job.Spec) { s.Tasks[0].Name, s.Tasks[0].After = "web", []string{"web"} }},
		{"tasks[0].after[1]", `"db" is there twice; remove one`, func(s *job.Spec) {
			s.Tasks = append(s.Tasks, s.Tasks[0])
			s.Tasks[1].Name, s.Tasks[0].After = "db", []string{"db", "db"}
		}},
		{"tasks[0].after", "goes in a circle, none of which would ever start: web after db after cache after web; remove one", func(s *job.Spec) {
			s.Tasks = append(s.Tasks, s.Tasks[0], s.Tasks[0])
			s.Tasks[0].Name, s.Tasks[1].Name, s.Tasks[2].Name = "web", "db", "cache"
			s.Tasks[0].After, s.Tasks[1].After, s.Tasks[2].After = []string{"db"}, []string{"cache"}, []string{"web"}
		}},
		{"time_limit", `a service runs until it is stopped; remove it, or use the kind "batch"`, func(s *job.Spec) { s.TimeLimit = seconds(60) }},
		{"success", `a service is never completed; remove it, or use the kind "batch"`, func(s *job.Spec) { s.Success = job.SuccessAny }},
		{"tasks[0].time_limit", "a task of a service runs until it is stopped", func(s *job.Spec) { s.Tasks[0].TimeLimit = seconds(60) }},
		{"tasks[0].time_limit", "must not be negative, is -1s", func(s *job.Spec) { s.Kind, s.Tasks[0].TimeLimit = job.KindBatch, seconds(-1) }},
		{"tasks[0].gang", "tasks of a service are replaced one by one", func(s *job.Spec) { s.Tasks[0].Gang = true }},
		{"tasks[0].gang", "at most 500 tasks start all at once, and the group has 501 replicas; lower them, or remove it", func(s *job.Spec) {
			s.Kind, s.Tasks[0].Gang, s.Tasks[0].Replicas = job.KindBatch, true, 501
		}},
		{"keep_for", "a service does not end by itself", func(s *job.Spec) { s.KeepFor = seconds(60) }},
		{"tasks[0].kill_selection", "is for services", func(s *job.Spec) { s.Kind, s.Tasks[0].KillSelection = job.KindBatch, job.KillNewest }},
		{"time_limit", "must not be negative, is -1s", func(s *job.Spec) { s.Kind, s.TimeLimit = job.KindBatch, seconds(-1) }},
		{"time_limit", "is 8760h0m1s; make it at most 8760h", func(s *job.Spec) { s.Kind, s.TimeLimit = job.KindBatch, seconds(8760*3600+1) }},
		{"keep_for", "is 8760h0m1s; make it at most 8760h", func(s *job.Spec) { s.Kind, s.KeepFor = job.KindBatch, seconds(8760*3600+1) }},
		{"success", "asks for 3 tasks that end well, and the job has 2; ask for at most as many, or raise the replicas", func(s *job.Spec) {
			s.Kind, s.Success, s.Tasks[0].Replicas = job.KindBatch, 3, 2
		}},
		{"success", "asks for 1 tasks that end well, and the job has 0", func(s *job.Spec) {
			s.Kind, s.Success, s.Tasks[0].Replicas = job.KindBatch, job.SuccessAny, 0
		}},
		{"", "bytes of JSON; make it at most 262144", func(s *job.Spec) {
			for range 5 {
				g := s.Tasks[0]
				g.Container = &job.Container{Image: "nginx", Command: job.Command{Shell: strings.Repeat("x", 60_000)}}
				s.Tasks = append(s.Tasks, g)
			}
		}},
	})
}

func TestFaultsOfAGroup(t *testing.T) {
	checkFaults(t, []faultCase{
		inGroup("name", "must consist of letters", func(g *job.Group) { g.Name = "a b" }),
		inGroup("name", "a letter or digit first", func(g *job.Group) { g.Name = "-a" }),
		inGroup("name", "is 64 bytes; make it at most 63", func(g *job.Group) { g.Name = strings.Repeat("n", 64) }),
		inGroup("cluster", "is 256 bytes", func(g *job.Group) { g.Cluster = strings.Repeat("n", 256) }),
		inGroup("name", `"a\u200bb" has U+200B`, func(g *job.Group) { g.Name = "a\u200bb" }),
		inGroup("ports[0].name", `"a\u2066" has U+2066`, func(g *job.Group) { g.Ports = []job.Port{{Name: "a\u2066"}} }),
		inGroup(`labels["a\u200b"]`, "the name has U+200B", func(g *job.Group) { g.Labels = map[string]string{"a\u200b": ""} }),
		inGroup("role", "U+200B", func(g *job.Group) { g.Role = "a\u200b" }),
		inGroup("cluster", "U+3000", func(g *job.Group) { g.Cluster = "a\u3000b" }),
		inGroup("role", "control character", func(g *job.Group) { g.Role = "\x00" }),
		inGroup("environment", "control character", func(g *job.Group) { g.Environment = "\n" }),
		inGroup("container", "is missing", func(g *job.Group) { g.Container = nil }),
		inGroup("resources.cpu", "must be positive, is -1", func(g *job.Group) { g.Resources = &job.Resources{CPU: -1} }),
		inGroup("resources.cpu", "must be positive, is NaN", func(g *job.Group) { g.Resources = &job.Resources{CPU: math.NaN()} }),
		inGroup("resources.cpu", "0.0004 rounds to 0", func(g *job.Group) { g.Resources = &job.Resources{CPU: 0.0004} }),
		inGroup("resources.cpu", "must be from 0.001 to 10000, is +Inf", func(g *job.Group) { g.Resources = &job.Resources{CPU: math.Inf(1)} }),
		inGroup("resources.memory", "must be from 4 to 67108864, is 3.5", func(g *job.Group) { g.Resources = &job.Resources{Memory: 3.5} }),
		inGroup("resources.disk", "must be positive", func(g *job.Group) { g.Resources = &job.Resources{Disk: -1} }),
		inGroup("resources.disk", "rounds to 0", func(g *job.Group) { g.Resources = &job.Resources{Disk: 1e-9} }),
		inGroup("resources.cpu_limit", "is 0.5, less than the cpu of 1; make it at least that, or leave it out", func(g *job.Group) { g.Resources = &job.Resources{CPULimit: 0.5} }),
		inGroup("resources.cpu_limit", "must be positive", func(g *job.Group) { g.Resources = &job.Resources{CPULimit: -1} }),
		inGroup("resources.cpu_limit", "must be from 0 to 10000", func(g *job.Group) { g.Resources = &job.Resources{CPULimit: 10_001} }),
		inGroup("resources.memory_limit", "is 64, less than the memory of 128", func(g *job.Group) { g.Resources = &job.Resources{MemoryLimit: 64} }),
		inGroup("resources.memory_limit", "must be positive, is NaN", func(g *job.Group) { g.Resources = &job.Resources{MemoryLimit: math.NaN()} }),
		inGroup("resources.gpus", "is 1025; make it at most 1024", func(g *job.Group) { g.Resources = &job.Resources{GPUs: 1025} }),
		inGroup("env", "has 501 entries", func(g *job.Group) {
			g.Env = map[string]job.Variable{}
			for name := range manyEntries(501) {
				g.Env[name] = job.Plain("")
			}
		}),
		inGroup("env", "is 65537 bytes in all", func(g *job.Group) { g.Env = map[string]job.Variable{"A": job.Plain(strings.Repeat("v", 65536))} }),
		inGroup(`env["A=B"]`, "a variable's name", func(g *job.Group) { g.Env = map[string]job.Variable{"A=B": job.Plain("")} }),
		inGroup(`env[""]`, "a variable's name", func(g *job.Group) { g.Env = map[string]job.Variable{"": job.Plain("")} }),
		inGroup(`env["é"]`, "a variable's name", func(g *job.Group) { g.Env = map[string]job.Variable{"é": job.Plain("")} }),
		inGroup("env.A", "zero byte", func(g *job.Group) { g.Env = map[string]job.Variable{"A": job.Plain("\x00")} }),
		inGroup("env.A.secret", "words of letters", func(g *job.Group) { g.Env = map[string]job.Variable{"A": {Secret: "../x"}} }),
		inGroup("secrets", "has 51 entries", func(g *job.Group) { g.Secrets = make([]job.SecretFile, 51) }),
		inGroup("secrets", "and env name 51 secrets", func(g *job.Group) {
			g.Env = map[string]job.Variable{}
			for i := range 51 {
				g.Env[fmt.Sprint("A", i)] = job.Variable{Secret: fmt.Sprint("s", i)}
			}
		}),
		inGroup("secrets[0].name", "is missing; give the secret's", func(g *job.Group) { g.Secrets = []job.SecretFile{{Path: "/k"}} }),
		inGroup("secrets[0].name", "words of letters", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a/../b", Path: "/k"}} }),
		inGroup("secrets[0].path", "is missing; give the path", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a"}} }),
		inGroup("secrets[0].path", "without .., . and //", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/a/../b"}} }),
		inGroup("secrets[0].path", "not the task's to choose", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "../b"}} }),
		inGroup("secrets[0].path", "not the task's to choose", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "stdout"}} }),
		inGroup("secrets[0].path", "not the task's to choose", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: ".taurus-secrets"}} }),
		inGroup("secrets[0].path", "has a colon", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/a:ro"}} }),
		inGroup("secrets[0].path", "is a directory", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/run/"}} }),
		inGroup("secrets[0].path", "in the sandbox; give the path from there", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/mnt/mesos/sandbox/k"}} }),
		inGroup("secrets[1].path", "is also that of tasks[0].secrets[0]", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/k"}, {Name: "b", Path: "/k"}} }),
		inGroup("secrets[0].path", "also where a volume is bound", func(g *job.Group) {
			g.Secrets = []job.SecretFile{{Name: "a", Path: "/k"}}
			g.Container.Volumes = []job.Volume{{ContainerPath: "/k/", HostPath: "/h"}}
		}),
		inGroup("secrets[0].path", "a process has no image", func(g *job.Group) {
			g.Secrets = []job.SecretFile{{Name: "a", Path: "/k"}}
			g.Container = &job.Container{Containerizer: "mesos", Command: job.Command{Shell: "x"}}
		}),
		inGroup("secrets[0].path", "where registry_credentials go", func(g *job.Group) {
			g.Secrets = []job.SecretFile{{Name: "a", Path: ".docker/config.json"}}
			g.Container.RegistryCredentials = &job.SecretRef{Secret: "r"}
		}),
		inGroup("container.registry_credentials.secret", "is missing; give the secret's", func(g *job.Group) { g.Container.RegistryCredentials = &job.SecretRef{} }),
		inGroup("container.registry_credentials", "no image to pull", func(g *job.Group) {
			g.Container = &job.Container{Containerizer: "mesos", Command: job.Command{Shell: "x"}, RegistryCredentials: &job.SecretRef{Secret: "r"}}
		}),
		inGroup("secrets[0].mode", "three octal digits", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/k", Mode: "rw"}} }),
		inGroup("secrets[0].mode", "three octal digits", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/k", Mode: "4755"}} }),
		inGroup("secrets[0].mode", "not even its owner", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/k", Mode: "0044"}} }),
		inGroup("secrets[0].mode", "lets others write", func(g *job.Group) { g.Secrets = []job.SecretFile{{Name: "a", Path: "/k", Mode: "0666"}} }),
		inGroup("secrets[0].mode", "Mesos' to choose", func(g *job.Group) {
			g.Secrets = []job.SecretFile{{Name: "a", Path: "k", Mode: "0400"}}
			g.Container = &job.Container{Containerizer: "mesos", Command: job.Command{Shell: "x"}}
		}),
		inGroup("env.A", "not valid UTF-8", func(g *job.Group) { g.Env = map[string]job.Variable{"A": job.Plain("\xff")} }),
		inGroup("labels.a", "control character", func(g *job.Group) { g.Labels = map[string]string{"a": "\n"} }),
		inGroup("kill_selection", `"random" is not known; use "highest_slot", "newest", "oldest" or "unhealthy"`, func(g *job.Group) { g.KillSelection = "random" }),
		inGroup("kill_signal", `"SIGKILL" is not known; use "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2" or "SIGWINCH"`, func(g *job.Group) { g.KillSignal = "SIGKILL" }),
		inGroup("kill_signal", `is given as the parameter "stop-signal", too; remove one`, func(g *job.Group) {
			g.KillSignal, g.Container.Parameters = "int", []job.Parameter{{Key: "stop-signal", Value: "QUIT"}}
		}),
		inGroup("before_kill.command", "is missing; give the shell line to run in the container before the signal", func(g *job.Group) {
			g.Container.Command, g.BeforeKill = job.Command{Shell: "x"}, &job.BeforeKill{}
		}),
		inGroup("before_kill.timeout", "makes it 24h0m5s with kill_grace; make both together at most 24h", func(g *job.Group) {
			g.Container.Command, g.BeforeKill = job.Command{Shell: "x"}, &job.BeforeKill{Command: "y", Timeout: seconds(86400)}
		}),
		inGroup("before_kill", "is run by a shell around the command of the container; give that as one line for the shell", func(g *job.Group) {
			g.BeforeKill = &job.BeforeKill{Command: "y"}
		}),
		inGroup("before_kill", `needs the entrypoint of the container for itself; remove the parameter "entrypoint"`, func(g *job.Group) {
			g.Container.Command, g.Container.Parameters = job.Command{Shell: "x"}, []job.Parameter{{Key: "entrypoint", Value: "tini"}}
			g.BeforeKill = &job.BeforeKill{Command: "y"}
		}),
		inGroup("before_kill", "cannot be had with SIGINT, which a shell keeps from what it runs beside itself; choose another kill_signal", func(g *job.Group) {
			g.Container.Command, g.BeforeKill, g.KillSignal = job.Command{Shell: "x"}, &job.BeforeKill{Command: "y"}, "int"
		}),
		inGroup("unreachable.replace_after", "must not be negative, is -1s", func(g *job.Group) {
			g.Unreachable = &job.Unreachable{ReplaceAfter: job.Patience(seconds(-1))}
		}),
		inGroup("unreachable.keep", `"oldest" is not known; use "original" or "newest"`, func(g *job.Group) { g.Unreachable = &job.Unreachable{Keep: "oldest"} }),
		inGroup("unreachable.keep", `nothing ever takes the place of a task; leave keep out, or set replace_after`, func(g *job.Group) {
			g.Unreachable = &job.Unreachable{Keep: job.KeepOriginal, ReplaceAfter: job.Never}
		}),
		inGroup("unreachable.give_up_after", `is how long the original may come back and go on; set keep to "original", or leave it out`, func(g *job.Group) {
			g.Unreachable = &job.Unreachable{GiveUpAfter: job.Never}
		}),
		inGroup("unreachable.give_up_after", "is 5m; it counts from when the task is cut off, as replace_after does, so make it more than the 5m of that", func(g *job.Group) {
			g.Unreachable = &job.Unreachable{Keep: job.KeepOriginal, GiveUpAfter: job.DefaultReplaceAfter}
		}),
		inGroup("unreachable.give_up_after", "must not be negative, is -1s", func(g *job.Group) {
			g.Unreachable = &job.Unreachable{Keep: job.KeepOriginal, GiveUpAfter: job.Patience(seconds(-1))}
		}),
		inGroup("unreachable.replace_after", "is 168h0m1s; make it at most 168h", func(g *job.Group) {
			g.Unreachable = &job.Unreachable{ReplaceAfter: job.Patience(seconds(168*3600 + 1))}
		}),
		inGroup("kill_grace", "must not be negative, is -1s", func(g *job.Group) { g.KillGrace = seconds(-1) }),
		inGroup("kill_grace", "is 24h0m1s; make it at most 24h", func(g *job.Group) { g.KillGrace = seconds(86401) }),
	})
}

func TestFaultsOfAContainer(t *testing.T) {
	inContainer := func(path, part string, spoil func(*job.Container)) faultCase {
		return inGroup("container."+path, part, func(g *job.Group) { spoil(g.Container) })
	}
	volume := func(container, host string) func(*job.Container) {
		return func(c *job.Container) { c.Volumes = []job.Volume{{ContainerPath: container, HostPath: host}} }
	}
	parameter := func(key string) func(*job.Container) {
		return func(c *job.Container) { c.Parameters = []job.Parameter{{Key: key}} }
	}
	checkFaults(t, []faultCase{
		inContainer("image", "is missing", func(c *job.Container) { c.Image = "" }),
		inContainer("image", "must be lowercase", func(c *job.Container) { c.Image = "Nginx" }),
		inContainer("image", `"a b" is no Docker image`, func(c *job.Container) { c.Image = "a b" }),
		inContainer("command", "both a list and a shell line", func(c *job.Container) { c.Command = job.Command{Args: []string{"a"}, Shell: "a"} }),
		inContainer("command", "has 1001 entries", func(c *job.Container) { c.Command.Args = strings.Split(strings.Repeat("x,", 1000)+"x", ",") }),
		inContainer("command", "is 65537 bytes", func(c *job.Container) { c.Command.Shell = strings.Repeat("x", 65537) }),
		inContainer("command", "zero byte", func(c *job.Container) { c.Command.Shell = "a\x00" }),
		inContainer("command[0]", "names the program", func(c *job.Container) { c.Command.Args = []string{"", "a"} }),
		inContainer("command[1]", "zero byte", func(c *job.Container) { c.Command.Args = []string{"a", "\x00"} }),
		inContainer("volumes", "has 101 entries", func(c *job.Container) { c.Volumes = make([]job.Volume, 101) }),
		inContainer("volumes[0].container_path", "is missing", volume("", "/a")),
		inContainer("volumes[0].container_path", `"a" must be absolute`, volume("a", "/a")),
		inContainer("volumes[0].host_path", "is missing", volume("/a", "")),
		inContainer("volumes[0].host_path", "has a colon", volume("/a", "/a:b")),
		inContainer("volumes[0].host_path", "control character", volume("/a", "/\n")),
		inContainer("volumes[1].container_path", "is also bound by tasks[0].container.volumes[0]", func(c *job.Container) {
			c.Volumes = []job.Volume{{ContainerPath: "/a", HostPath: "/b"}, {ContainerPath: "/a/", HostPath: "/c"}}
		}),
		inContainer("volumes[0].container_path", "is all of the container", volume("/./", "/b")),
		inContainer("volumes[0].container_path", "is where Mesos binds the sandbox", volume("/mnt/mesos/sandbox/", "/b")),
		inContainer("network", "must consist of letters", func(c *job.Container) { c.Network = "container:x" }),
		inContainer("parameters", "has 101 entries", func(c *job.Container) { c.Parameters = make([]job.Parameter, 101) }),
		inContainer("parameters[0].key", "is missing", parameter("")),
		inContainer("parameters[0].key", "without dashes", parameter("--ulimit")),
		inContainer("parameters[0].key", "the agent finds its containers by the name", parameter("name")),
		inContainer("parameters[0].key", "starts and removes containers itself", parameter("cidfile")),
		inContainer("parameters[0].key", "starts and removes containers itself", parameter("detach")),
		inContainer("parameters[0].key", "starts and removes containers itself", parameter("d")),
		inContainer("parameters[0].key", "starts and removes containers itself", parameter("rm")),
		inContainer("parameters[0].key", "starts and removes containers itself", parameter("restart")),
		inContainer("parameters[0].key", "must consist of letters", parameter("a=b")),
		inContainer("parameters[0].value", "control character", func(c *job.Container) {
			c.Parameters = []job.Parameter{{Key: "ulimit", Value: "\n"}}
		}),
	})
}

// TestFaultsOfTheMesosContainerizer: what only Docker does is refused, with the reason.
func TestFaultsOfTheMesosContainerizer(t *testing.T) {
	byMesos := func(path, part string, c job.Container) faultCase {
		c.Containerizer = "Mesos"
		return inGroup("container."+path, part, func(g *job.Group) { g.Container = &c })
	}
	shell := job.Command{Shell: "exec sleep 60"}
	volume := []job.Volume{{ContainerPath: "/v", HostPath: "/srv"}}
	checkFaults(t, []faultCase{
		inGroup("container.containerizer", `"podman" is not known; use "docker" or "mesos"`, func(g *job.Group) { g.Container.Containerizer = "podman" }),
		inGroup("container.image", `or set containerizer to "mesos" to run the command on the host`, func(g *job.Group) { g.Container = &job.Container{Command: shell} }),
		byMesos("command", "without an image there is nothing to run else", job.Container{}),
		byMesos("volumes", "sees the files of the host where they are", job.Container{Command: shell, Volumes: volume}),
		byMesos("network", `"bridge" is a network of Docker's`, job.Container{Command: shell, Network: "bridge"}),
		byMesos("network", `"mine" is a network of Docker's`, job.Container{Image: "x", Network: "mine"}),
		byMesos("force_pull", "no image to pull", job.Container{Command: shell, ForcePull: true}),
		byMesos("privileged", "is for Docker", job.Container{Image: "x", Privileged: true}),
		byMesos("parameters", "are options of docker run", job.Container{Command: shell, Parameters: []job.Parameter{{Key: "ulimit", Value: "core=0"}}}),
		byMesos("image", "must be lowercase", job.Container{Image: "X"}),
		byMesos("volumes[0].mode", `use "ro" or "rw"`, job.Container{Image: "x", Volumes: []job.Volume{{ContainerPath: "/v", HostPath: "/srv", Mode: "z"}}}),
		inGroup("ports[0].container", "not mapped on the host network", func(g *job.Group) {
			g.Container, g.Ports = &job.Container{Containerizer: "mesos", Command: shell}, []job.Port{{Container: 80}}
		}),
	})
	for _, fine := range []job.Container{
		{Containerizer: "mesos", Command: shell},
		{Containerizer: "MESOS", Command: job.Command{Args: []string{"/bin/true"}}, Network: "host"},
		{Containerizer: "mesos", Image: "x"},
		{Containerizer: "mesos", Image: "x", Command: shell, Volumes: volume, ForcePull: true},
		{Containerizer: "docker", Image: "x"},
		{Containerizer: "Docker", Image: "x", Network: "host"},
	} {
		spec := good()
		spec.Tasks[0].Container = &fine
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("%+v: %v", fine, err)
		}
	}
}

func TestFaultsOfPorts(t *testing.T) {
	ports := func(ports ...job.Port) func(*job.Group) {
		return func(g *job.Group) { g.Ports = ports }
	}
	on := func(network string, ports ...job.Port) func(*job.Group) {
		return func(g *job.Group) { g.Container.Network, g.Ports = network, ports }
	}
	checkFaults(t, []faultCase{
		inGroup("ports", "has 101 entries", func(g *job.Group) { g.Ports = make([]job.Port, 101) }),
		inGroup("ports[0].name", "must consist of letters", ports(job.Port{Name: "a b"})),
		inGroup("ports[0].container", "must be from 1 to 65535", ports(job.Port{Container: 65536})),
		inGroup("ports[0].host", "must be from 1 to 65535, or 0 for any, is 70000", ports(job.Port{Host: 70000})),
		inGroup("ports[0].protocol", `"sctp" is not known; use "tcp", "udp" or "tcp,udp"`, ports(job.Port{Protocol: "sctp"})),
		inGroup("ports[1].name", `"A_B" makes the variable PORT_A_B, and so does tasks[0].ports[0]; rename one`, ports(job.Port{Name: "a-b"}, job.Port{Name: "A_B"})),
		inGroup("ports[1].container", "80/tcp is published by tasks[0].ports[0] already; remove one", ports(job.Port{Container: 80}, job.Port{Container: 80, Protocol: "TCP"})),
		inGroup("ports[1].host", "80/tcp is that of tasks[0].ports[0] already", ports(job.Port{Host: 80}, job.Port{Host: 80})),
		inGroup("ports[1].host", "53/udp is that of tasks[0].ports[0] already", ports(job.Port{Host: 53, Protocol: "tcp,udp"}, job.Port{Host: 53, Protocol: "udp"})),
		inGroup("ports[1].container", "53/tcp,udp is published", ports(job.Port{Container: 53, Protocol: "udp"}, job.Port{Container: 53, Protocol: "udp,tcp"})),
		inGroup("ports[1].name", `"my_http" makes the variable PORT_MY_HTTP, and so does tasks[0].ports[0]; rename one`, ports(job.Port{Name: "my-http"}, job.Port{Name: "my_http"})),
		inGroup("ports[1].name", `if both are the same port, write one with the protocol "tcp,udp", else rename one`,
			ports(job.Port{Name: "dns", Container: 53}, job.Port{Name: "dns", Container: 53, Protocol: "udp"})),
		inGroup("ports[1].name", "rename one", ports(job.Port{Name: "dns", Host: 53}, job.Port{Name: "dns", Host: 54, Protocol: "udp"})),
		inGroup("ports[0].protocol", `"tcp/udp" is not known`, ports(job.Port{Protocol: "tcp/udp"})),
		inGroup("ports", `none on the network "none"`, on("none", job.Port{})),
		inGroup("ports[0].container", "not mapped on the host network", on("host", job.Port{Container: 80})),
	})
	for _, fine := range []func(*job.Group){
		ports(job.Port{Container: 53}, job.Port{Container: 53, Protocol: "udp"}),
		ports(job.Port{}, job.Port{}),
		ports(job.Port{Container: 53, Host: 31500, Protocol: "UDP"}, job.Port{Container: 53, Host: 31500}),
		ports(job.Port{Name: "dns", Host: 53}, job.Port{Name: "dns", Host: 53, Protocol: "udp"}),
		ports(job.Port{Container: 53, Protocol: "UDP, tcp"}, job.Port{Container: 54, Protocol: "tcp,udp"}),
		on("host", job.Port{Host: 53}, job.Port{Host: 53, Protocol: "udp"}),
		on("host", job.Port{Container: 80, Host: 80}, job.Port{}),
		on("mine", job.Port{Container: 80}),
	} {
		spec := good()
		fine(&spec.Tasks[0])
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("%+v: %v", spec.Tasks[0].Ports, err)
		}
	}
}

func TestFaultsOfAHealthCheck(t *testing.T) {
	check := func(path, part string, h job.HealthCheck) faultCase {
		return inGroup(strings.TrimSuffix("health_check."+path, "."), part, func(g *job.Group) { g.HealthCheck = &h })
	}
	checkFaults(t, []faultCase{
		check("", "asks for nothing", job.HealthCheck{Interval: seconds(1)}),
		check("type", `"https" is not known`, job.HealthCheck{Type: "https", Port: 1}),
		check("port", "is missing", job.HealthCheck{Path: "/"}),
		check("port", "must be from 1 to 65535", job.HealthCheck{Port: 65536}),
		inGroup("health_check.port", "is missing; the ports of the group are for udp, where no check can ask; give the container port to ask", func(g *job.Group) {
			g.Ports, g.HealthCheck = []job.Port{{Container: 53, Protocol: "udp"}}, &job.HealthCheck{}
		}),
		check("path", `"up" must begin with /`, job.HealthCheck{Port: 1, Path: "up"}),
		check("path", "control character", job.HealthCheck{Port: 1, Path: "/\r\n"}),
		check("path", `a check of type "tcp" has none`, job.HealthCheck{Type: "tcp", Port: 1, Path: "/"}),
		check("command", "is missing", job.HealthCheck{Type: "command"}),
		check("command", "zero byte", job.HealthCheck{Command: "\x00"}),
		check("command", "is 65537 bytes", job.HealthCheck{Command: strings.Repeat("x", 65537)}),
		check("command", `only a check of type "command"`, job.HealthCheck{Type: "tcp", Port: 1, Command: "x"}),
		check("", "neither port nor path", job.HealthCheck{Command: "x", Port: 1}),
		check("interval", "must not be negative", job.HealthCheck{Port: 1, Interval: -1}),
		check("timeout", "make it at most 168h", job.HealthCheck{Port: 1, Timeout: seconds(1e6)}),
		check("grace", "must not be negative", job.HealthCheck{Port: 1, Grace: -1}),
		check("delay", "must not be negative", job.HealthCheck{Port: 1, Delay: -1}),
		check("failures", "make it at most 1000", job.HealthCheck{Port: 1, Failures: 1001}),
	})
}

func TestFaultsOfPreferences(t *testing.T) {
	affinity := func(path, part string, a job.Affinity) faultCase {
		return inGroup("affinities[0]."+path, part, func(g *job.Group) { g.Affinities = []job.Affinity{a} })
	}
	spread := func(path, part string, s ...job.Spread) faultCase {
		return inGroup("spread"+path, part, func(g *job.Group) { g.Spread = s })
	}
	checkFaults(t, []faultCase{
		inGroup("affinities", "has 51 entries", func(g *job.Group) { g.Affinities = make([]job.Affinity, 51) }),
		affinity("attribute", "is missing", job.Affinity{Operator: "is", Value: "x", Weight: 1}),
		affinity("operator", `"unique" is not known; use "is", "is_not", "like"`, job.Affinity{Attribute: "a", Operator: "unique", Weight: 1}),
		affinity("value", "is missing; is compares with it", job.Affinity{Attribute: "a", Operator: "is", Weight: 1}),
		affinity("value", "is no RE2 expression", job.Affinity{Attribute: "a", Operator: "like", Value: "(", Weight: 1}),
		affinity("value", "control character", job.Affinity{Attribute: "a", Operator: "is", Value: "\n", Weight: 1}),
		affinity("weight", "is missing or 0", job.Affinity{Attribute: "a", Operator: "is", Value: "x"}),
		affinity("weight", "must be from -100 to 100, is 101", job.Affinity{Attribute: "a", Operator: "is", Value: "x", Weight: 101}),
		affinity("weight", "must be from -100 to 100, is -101", job.Affinity{Attribute: "a", Operator: "is", Value: "x", Weight: -101}),
		inGroup("spread", "has 11 entries", func(g *job.Group) { g.Spread = make([]job.Spread, 11) }),
		spread("[0].attribute", "is missing", job.Spread{}),
		spread("[1].attribute", "is the same as", job.Spread{Attribute: "a"}, job.Spread{Attribute: "a"}),
		spread("[0].weight", "must be from 1 to 100, is 101", job.Spread{Attribute: "a", Weight: 101}),
		spread("[0].targets", "add up to 101 percent; make it at most 100", job.Spread{Attribute: "a", Targets: map[string]uint32{"x": 100, "y": 1}}),
		inGroup("placement", `"tight" is not known; use "spread" or "binpack"`, func(g *job.Group) { g.Placement = "tight" }),
	})
}

func TestFaultsOfConstraints(t *testing.T) {
	constraint := func(path, part string, c job.Constraint) faultCase {
		return inGroup("constraints[0]."+path, part, func(g *job.Group) { g.Constraints = []job.Constraint{c} })
	}
	const host = "hostname"
	checkFaults(t, []faultCase{
		inGroup("constraints", "has 51 entries", func(g *job.Group) { g.Constraints = make([]job.Constraint, 51) }),
		constraint("attribute", "is missing", job.Constraint{Operator: "unique"}),
		constraint("attribute", "control character", job.Constraint{Attribute: "\n", Operator: "unique"}),
		constraint("operator", `"near" is not known; use "is", "is_not", "like"`, job.Constraint{Attribute: host, Operator: "near"}),
		constraint("value", "is missing; is compares", job.Constraint{Attribute: host, Operator: "is"}),
		constraint("value", "is missing; is_not compares", job.Constraint{Attribute: host, Operator: "is_not"}),
		constraint("value", "is missing; like matches", job.Constraint{Attribute: host, Operator: "like"}),
		constraint("value", `"a(" is no RE2 expression: missing closing )`, job.Constraint{Attribute: host, Operator: "unlike", Value: "a("}),
		constraint("value", "is missing; with_job names a job by its id", job.Constraint{Attribute: host, Operator: "with_job"}),
		constraint("value", "names the job itself", job.Constraint{Attribute: host, Operator: "without_job", Value: good().ID}),
		constraint("value", "unique takes none", job.Constraint{Attribute: host, Operator: "unique", Value: "1"}),
		constraint("value", `max_per must be a whole number from 1 as a string, is ""`, job.Constraint{Attribute: host, Operator: "max_per"}),
		constraint("value", "max_per must be a whole number", job.Constraint{Attribute: host, Operator: "max_per", Value: "0"}),
		constraint("value", "group_by must be a whole number", job.Constraint{Attribute: host, Operator: "group_by", Value: "-1"}),
		constraint("value", "control character", job.Constraint{Attribute: host, Operator: "cluster", Value: "\n"}),
	})
	for _, fine := range []job.Constraint{
		{Attribute: host, Operator: "is", Value: "a"},
		{Attribute: "rack", Operator: "LIKE", Value: "^r[0-9]+$"},
		{Attribute: host, Operator: "unique"},
		{Attribute: host, Operator: "max_per", Value: "3"},
		{Attribute: "rack", Operator: "group_by"},
		{Attribute: "rack", Operator: "group_by", Value: "2"},
		{Attribute: "rack", Operator: "cluster"},
		{Attribute: "rack", Operator: "cluster", Value: "r1"},
	} {
		spec := good()
		spec.Tasks[0].Constraints = []job.Constraint{fine}
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("%+v: %v", fine, err)
		}
	}
}

func TestFaultsOfRestart(t *testing.T) {
	restart := func(kind job.Kind, path, part string, r job.Restart) faultCase {
		return faultCase{"tasks[0].restart." + path, part, func(s *job.Spec) { s.Kind, s.Tasks[0].Restart = kind, &r }}
	}
	checkFaults(t, []faultCase{
		restart("", "policy", `"sometimes" is not known; use "always", "on_failure" or "never"`, job.Restart{Policy: "sometimes"}),
		restart(job.KindBatch, "policy", "never ends", job.Restart{Policy: "always"}),
		restart("", "attempts", "only a batch job counts them", job.Restart{Attempts: 1}),
		restart(job.KindBatch, "attempts", "is 1001; make it at most 1000", job.Restart{Attempts: 1001}),
		restart("", "backoff", "must not be negative", job.Restart{Backoff: -1}),
		restart("", "backoff_max", "make it at most 168h", job.Restart{BackoffMax: seconds(1e6)}),
		restart("", "backoff_max", "is 2s, shorter than the backoff of 3s", job.Restart{Backoff: seconds(3), BackoffMax: seconds(2)}),
		restart("", "backoff_max", "must not be negative", job.Restart{BackoffMax: -1}),
		restart("", "reset_after", "must not be negative", job.Restart{ResetAfter: -1}),
	})
}

func TestFaultsOfURIs(t *testing.T) {
	uri := func(path, part string, u job.URI) faultCase {
		return inGroup("uris[0]."+path, part, func(g *job.Group) { g.URIs = []job.URI{u} })
	}
	checkFaults(t, []faultCase{
		inGroup("uris", "has 101 entries", func(g *job.Group) { g.URIs = make([]job.URI, 101) }),
		uri("value", "is missing", job.URI{}),
		uri("value", `"a.tar" must be a URL with a scheme`, job.URI{Value: "a.tar"}),
		uri("value", "is no URL", job.URI{Value: "http://a b/"}),
		uri("value", "is 5007 bytes", job.URI{Value: "http://" + strings.Repeat("a", 5000)}),
		uri("output_file", "must stay in the sandbox", job.URI{Value: "/a", OutputFile: "/etc/passwd"}),
		uri("output_file", "must stay in the sandbox", job.URI{Value: "/a", OutputFile: "a/../../b"}),
		uri("output_file", "must stay in the sandbox", job.URI{Value: "/a", OutputFile: "a/../.."}),
		uri("output_file", "control character", job.URI{Value: "/a", OutputFile: "a\n"}),
	})
}

// checkFaults makes a good job wrong in one way at a time and expects exactly
// that fault, with and without the defaults filled in.
func checkFaults(t *testing.T, cases []faultCase) {
	t.Helper()
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %s %s", i, c.path, c.part), func(t *testing.T) {
			spec := good()
			c.spoil(spec)
			err := spec.Validate(job.DefaultLimits())
			var faults job.Faults
			if !errors.As(err, &faults) || len(faults) != 1 {
				t.Fatal(err)
			}
			if faults[0].Path != c.path || !strings.Contains(faults[0].Message, c.part) {
				t.Error(faults[0])
			}
			spec.Normalise()
			if again := spec.Validate(job.DefaultLimits()); !reflect.DeepEqual(again, err) {
				t.Errorf("normalised: %v", again)
			}
		})
	}
}

// TestBug6NullContainersAndTasksAreFaults: the original stored them, crashed
// on them, and crashed again at every start.
func TestBug6NullContainersAndTasksAreFaults(t *testing.T) {
	for _, sent := range []string{
		`{"id":"a","tasks":[{"replicas":1,"container":null}]}`, `{"id":"a","tasks":[{"replicas":1}]}`, `{"id":"a","tasks":[null]}`,
	} {
		spec, err := job.DecodeLegacy([]byte(sent))
		if err != nil {
			t.Fatal(err)
		}
		var faults job.Faults
		if err := spec.Validate(job.DefaultLimits().Legacy()); !errors.As(err, &faults) || faults[0].Path != "tasks[0].container" {
			t.Errorf("%s: %v", sent, err)
		}
	}
}

// TestAllFaultsAtOnceInOrder: one answer tells everything, from top to bottom.
func TestAllFaultsAtOnceInOrder(t *testing.T) {
	spec, err := job.DecodeYAML([]byte(`
id: all
kind: cron
labels: {"b c": x, "a b": x}
tasks:
  - replicas: 100001
    container: {image: A, volumes: [{container_path: x, host_path: /x}]}
    resources: {cpu: -1, memory: 1}
    ports: [{host: 70000}]
    env: {"A B": x}
    health_check: {path: x, failures: 2000}
    constraints: [{attribute: a, operator: like, value: "("}]
    restart: {policy: x}
    kill_grace: -1
    uris: [{value: x}]
  -
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id", "kind", `labels["a b"]`, `labels["b c"]`, "tasks[0].replicas", "tasks[0].container.image",
		"tasks[0].container.volumes[0].container_path", "tasks[0].resources.cpu", "tasks[0].resources.memory",
		"tasks[0].ports[0].host", `tasks[0].env["A B"]`, "tasks[0].health_check.path", "tasks[0].health_check.failures",
		"tasks[0].constraints[0].value", "tasks[0].restart.policy", "tasks[0].kill_grace", "tasks[0].uris[0].value",
		"tasks[1].container",
	}
	err = spec.Validate(job.DefaultLimits())
	var faults job.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.Path)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if lines := strings.Count(err.Error(), "\n"); lines != len(want) {
		t.Errorf("%d lines: %v", lines, err)
	}
}

func TestValidateChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		before := spec.Clone()
		_ = spec.Validate(job.DefaultLimits())
		if !reflect.DeepEqual(spec, before) {
			t.Fatalf("%s became %s", encode(t, before), encode(t, spec))
		}
	})
}

// TestIDsOfTheOriginalStayValid: those its files and users have.
func TestIDsOfTheOriginalStayValid(t *testing.T) {
	for _, id := range []string{"taurusjob", "my-app", "a/b", "new", "a.b", "a*>b", "a b", "ünïcode", "ALL", strings.Repeat("x", 200)} {
		spec := good()
		spec.ID = id
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestHiddenCharactersOfBeforeStay: a job of an older log has them, and its users still
// have to be able to scale it.
func TestHiddenCharactersOfBeforeStay(t *testing.T) {
	spec := good()
	spec.ID = "pay\u200bments"
	spec.Labels = map[string]string{"a": "\u202e"}
	spec.Tasks[0].Role = "u\u0308\u00a0"
	var faults job.Faults
	if err := spec.Validate(job.DefaultLimits()); !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("submitted: %v", err)
	}
	if err := spec.ValidateStored(job.DefaultLimits()); err != nil {
		t.Errorf("stored: %v", err)
	}
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := job.Stored(data, job.DefaultLimits()); err != nil || back.ID != spec.ID {
		t.Errorf("replayed: %v, %v", back, err)
	}
	spec.Labels["a"] = "\n"
	spec.Tasks[0].Replicas = 200_000
	if err := spec.ValidateStored(job.DefaultLimits()); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("beyond the limits: %v", err)
	}
}

// TestNoFaultShowsWhatIsHidden: whatever is wrong with a name, its message and path are seen
// as they are.
func TestNoFaultShowsWhatIsHidden(t *testing.T) {
	hidden := rapid.SampledFrom([]string{"\u200b", "\u202e", "\u00a0", "\ufe0f", "\U000e0041", "\u2028", "\ufeff", "\u3164"})
	rapid.Check(t, func(t *rapid.T) {
		word := func(label string) string {
			return rapid.StringMatching("[a-z]{0,3}").Draw(t, label) + hidden.Draw(t, label) + rapid.StringMatching("[a-z]{0,3}").Draw(t, label)
		}
		spec := good()
		g := &spec.Tasks[0]
		spec.ID, spec.After = word("id"), []string{word("after")}
		spec.Labels = map[string]string{word("key"): word("value")}
		g.Name, g.Role, g.Ports = word("name"), word("role"), []job.Port{{Name: word("port")}}
		g.Container.Image, g.Container.Network = word("image"), word("network")
		g.Container.Parameters = []job.Parameter{{Key: word("parameter"), Value: word("value")}}
		g.Constraints = []job.Constraint{{Attribute: word("attribute"), Operator: word("operator"), Value: word("value")}}
		g.Env = map[string]job.Variable{word("variable"): job.Plain("")}
		var faults job.Faults
		if err := spec.Validate(job.DefaultLimits()); !errors.As(err, &faults) || len(faults) < 13 {
			t.Fatalf("%d faults: %v", len(faults), err)
		}
		if text := faults.Error(); visible.Escaped(text) != text {
			t.Fatalf("a fault hides something: %q", text)
		}
	})
}

func TestLegacyLimitsTakeAJobWithoutTasks(t *testing.T) {
	spec := &job.Spec{ID: "a"}
	if err := spec.Validate(job.DefaultLimits().Legacy()); err != nil {
		t.Error(err)
	}
}

// TestLimitsCanBeSet: an operator may allow less.
func TestLimitsCanBeSet(t *testing.T) {
	lim := job.DefaultLimits()
	lim.Replicas, lim.KillGrace = 3, job.Duration(time.Second)
	spec := good()
	spec.Tasks[0].Replicas = 4
	var faults job.Faults
	if err := spec.Validate(lim); !errors.As(err, &faults) || len(faults) != 2 {
		t.Error(err)
	}
}

// TestEveryDefaultLimitIsSet: a limit that was forgotten would refuse all.
func TestEveryDefaultLimitIsSet(t *testing.T) {
	lim := reflect.ValueOf(job.DefaultLimits())
	for i := range lim.NumField() {
		if lim.Field(i).IsZero() {
			t.Errorf("%s is 0", lim.Type().Field(i).Name)
		}
	}
}

func manyEntries(n int) map[string]string {
	entries := map[string]string{}
	for i := range n {
		entries[fmt.Sprintf("k%d", i)] = "v"
	}
	return entries
}
