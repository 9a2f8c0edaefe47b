package mesos

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/secret"
)

func secretsOf(archive string) TaskSecrets {
	return TaskSecrets{Archive: archive, Values: map[string]secret.Value{
		"db/password": secret.NewValue([]byte("pass\n")), "tls/key": secret.NewValue([]byte("key\n")), "token": secret.NewValue([]byte("\x00\xff")), "pull": secret.NewValue([]byte(`{"auths":{}}`)),
	}}
}

// withSecrets is a launch of a group with secrets in every place that there is.
func withSecrets(c job.Container) Launch {
	l := testLaunch("t")
	l.Group = &job.Group{
		Name: "front", Container: &c, Env: map[string]job.Variable{"PASSWORD": {Secret: "db/password"}, "MODE": job.Plain("fast"), "TAURUS_JOB": {Secret: "token"}},
		Secrets: []job.SecretFile{{Name: "tls/key", Path: "/run/key"}, {Name: "token", Path: "conf/token", Mode: "0400"}},
		URIs:    []job.URI{{Value: "http://h/a"}},
	}
	return l
}

// TestSecretsOnTheWire: Docker gets a plain variable, files that its agent fetches, and mounts of those that are not in the sandbox; Mesos' own
// containers get what is of the type of secrets.
func TestSecretsOnTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		container job.Container
		archive   string
	}{
		"secrets_docker":     {job.Container{Image: "nginx", Network: "bridge", Volumes: []job.Volume{{ContainerPath: "/d", HostPath: "/h"}}}, "https://l:8084/x"},
		"secrets_mesos":      {job.Container{Containerizer: "mesos", Image: "busybox", Network: "host", RegistryCredentials: &job.SecretRef{Secret: "pull"}}, ""},
		"secrets_of_process": {job.Container{Containerizer: "mesos", Command: job.Command{Shell: "true"}}, ""},
	} {
		l := withSecrets(c.container)
		task, err := taskInfo(&placedTask{&l, secretsOf(c.archive)}, launchPool())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		raw, err := json.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, raw, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		golden(t, name+".json", got.Bytes())
	}
}

// TestNothingIsLaunchedWithoutItsSecrets, nor with a file that would be elsewhere.
func TestNothingIsLaunchedWithoutItsSecrets(t *testing.T) {
	docker := job.Container{Image: "nginx", Network: "bridge"}
	for name, c := range map[string]struct {
		secrets TaskSecrets
		change  func(*job.Group)
	}{
		"none":       {TaskSecrets{}, nil},
		"no archive": {secretsOf(""), nil},
		"one lacks":  {secretsOf("https://l/x"), func(g *job.Group) { g.Env["OTHER"] = job.Variable{Secret: "other"} }},
		"one file lacks": {secretsOf("https://l/x"), func(g *job.Group) {
			g.Secrets = append(g.Secrets, job.SecretFile{Name: "other", Path: "/o"})
		}},
		"no credentials": {secretsOf("https://l/x"), func(g *job.Group) {
			g.Container = &job.Container{Containerizer: "mesos", Image: "x", RegistryCredentials: &job.SecretRef{Secret: "other"}}
		}},
		"out of the sandbox": {secretsOf("https://l/x"), func(g *job.Group) { g.Secrets[1].Path = "../../etc/passwd" }},
	} {
		l := withSecrets(docker)
		if c.change != nil {
			c.change(l.Group)
		}
		if _, err := taskInfo(&placedTask{&l, c.secrets}, launchPool()); !errors.Is(err, ErrLaunchInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
