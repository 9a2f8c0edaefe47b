package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/secret/secrettest"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// What is looked for afterwards: a value of each way that a secret takes.
const (
	plantedVariable = `p1anted "in" a väriable/+`
	plantedFile     = `p1anted "in" a fïle/+`
	plantedError    = `p1anted "in" an érror/+`
	plantedToken    = `hvs.p1anted-as-the-token-of-vault`
)

// talkative is a Vault that has two secrets, and that tells the third in its error.
func talkative(w http.ResponseWriter, r *http.Request) {
	values := map[string]string{"password": plantedVariable, "key": plantedFile}
	name := strings.TrimPrefix(r.URL.Path, "/v1/secret/data/own/")
	w.Header().Set("Content-Type", "application/json")
	switch value, ok := values[name]; {
	case r.Header.Get("X-Vault-Token") != plantedToken:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"errors":["permission denied"]}`)
	case ok:
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"data": map[string]any{"value": value}, "metadata": map[string]any{"version": 7}}})
	case name == "broken":
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{"cannot decrypt " + plantedError}})
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"errors":[]}`)
	}
}

// certificateOfLoopback writes a certificate that signs itself, and its key.
func certificateOfLoopback(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secretiveJob is one whose task runs on only if it got what it was to get.
func secretiveJob(id, container string) string {
	command := fmt.Sprintf(`[ $(printf %%s "$PASSWORD" | wc -c) = %d ] && [ $(wc -c <conf/key) = %d ] && exec sleep 600`, len(plantedVariable), len(plantedFile))
	return fmt.Sprintf(`{"id":%q,"tasks":[{"replicas":1,"resources":{"cpu":0.1,"memory":32},"env":{"PASSWORD":{"secret":"own/password"}},
		"secrets":[{"name":"own/key","path":"conf/key"}],"container":{%s,"command":%s}}]}`, id, container, mustJSON(command))
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestSecretsAreNowhere: tasks get their secrets, in variables and in files, by Mesos and as Docker's do; and whatever taurus writes, says or answers
// meanwhile, of what works and of what does not, has no trace of their values.
func TestSecretsAreNowhere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limits of a process are read from /proc")
	}
	vault := httptest.NewServer(http.HandlerFunc(talkative))
	t.Cleanup(vault.Close)
	cert, key := certificateOfLoopback(t)
	for name, value := range map[string]string{
		"TAURUS_SECRETS_FROM": "vault:" + vault.URL, "VAULT_TOKEN": plantedToken, "TAURUS_SECRETS_LISTEN": "127.0.0.1:0",
		"TAURUS_SECRETS_TLS_CERT": cert, "TAURUS_SECRETS_TLS_KEY": key, "SSL_CERT_FILE": cert, "TAURUS_LOG_LEVEL": "trace",
	} {
		t.Setenv(name, value)
	}
	m := &machine{t: t, dir: t.TempDir(), args: []string{"--executor", "process"}, http: http.Client{Timeout: testwait.Patience / 3}}
	m.start()
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			m.logs()
		}
	})
	jobs := map[string]string{
		"own/mesos":   secretiveJob("own/mesos", `"containerizer":"mesos"`),
		"own/docker":  secretiveJob("own/docker", `"image":"busybox"`),
		"own/missing": `{"id":"own/missing","tasks":[{"replicas":1,"env":{"A":{"secret":"own/absent"}},"container":{"image":"busybox"}}]}`,
		"own/broken":  `{"id":"own/broken","tasks":[{"replicas":1,"env":{"A":{"secret":"own/broken"}},"container":{"image":"busybox"}}]}`,
	}
	for _, body := range jobs {
		m.asks(http.MethodPost, "/v2/jobs", body, http.StatusCreated)
	}
	for _, id := range []string{"own/mesos", "own/docker"} {
		m.eventually(id+" runs with its secrets", func() error {
			tasks, err := m.tasks(id)
			if err != nil || len(tasks) != 1 || !strings.EqualFold(tasks[0].State, "running") || tasks[0].Attempt != 1 {
				return fmt.Errorf("%+v: %w", tasks, err)
			}
			return nil
		})
	}
	for id, want := range map[string][]string{"own/missing": {"own/absent", "is missing; write it to Vault"}, "own/broken": {"own/broken", "Vault answered 500"}} {
		m.eventually(id+" is explained", func() error {
			if _, out := m.say("explain", id); !strings.Contains(out, want[0]) || !strings.Contains(out, want[1]) {
				return errors.New(out)
			}
			return nil
		})
		if _, out := m.say("ps", id); !strings.Contains(out, "PENDING (secret "+want[0]) {
			t.Errorf("taurus ps %s:\n%s", id, out)
		}
	}
	if _, out := m.say("events", "own/mesos"); !strings.Contains(out, "secret own/key of version 7, own/password of version 7") {
		t.Errorf("the versions are not told:\n%s", out)
	}
	m.lookFor(m.sayings(jobs))
	m.quitLauncher()
	m.stop()
	m.lookFor(m.files())
}

// TestSecretsInContainers: a container of Docker's has its file where the job says, with its mode and not to be written, a variable, and no archive
// that could be unpacked again.
func TestSecretsInContainers(t *testing.T) {
	needDocker(t)
	secrets := t.TempDir()
	for name, value := range map[string]string{"password": plantedVariable, "key": plantedFile} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := certificateOfLoopback(t)
	for name, value := range map[string]string{
		"TAURUS_SECRETS_FROM": "dir:" + secrets, "TAURUS_SECRETS_LISTEN": "127.0.0.1:0", "TAURUS_SECRETS_TLS_CERT": cert, "TAURUS_SECRETS_TLS_KEY": key, "SSL_CERT_FILE": cert,
	} {
		t.Setenv(name, value)
	}
	m := newMachine(t)
	id := m.job("secretive")
	checks := []string{
		fmt.Sprintf(`[ "$(echo -n "$PASSWORD" | busybox wc -c)" = %d ]`, len(plantedVariable)),
		fmt.Sprintf(`[ "$(busybox wc -c </run/secrets/key)" = %d ]`, len(plantedFile)+1),
		`[ "$(busybox stat -c %a /run/secrets/key)" = 400 ]`,
		`! echo x >/run/secrets/key`,
		`[ -e /mnt/mesos/sandbox/.taurus-secrets.tar ]`,
		`[ ! -s /mnt/mesos/sandbox/.taurus-secrets.tar ]`,
		`exec sleep 600`,
	}
	command := "set -e; say() { echo failed: $1; exit 1; }"
	for n, check := range checks[:len(checks)-1] {
		command += fmt.Sprintf("; { %s; } || say %d", check, n)
	}
	m.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"tasks":[{"replicas":1,"resources":{"cpu":0.1,"memory":32},"env":{"PASSWORD":{"secret":"password"}},
		"secrets":[{"name":"key","path":"/run/secrets/key","mode":"0400"}],"container":{"image":%q,"network":"none","command":%s}}]}`,
		id, image, mustJSON(command+"; "+checks[len(checks)-1])), http.StatusCreated)
	m.running(id, 1)
	if tasks, err := m.tasks(id); err != nil || len(tasks) != 1 || tasks[0].Attempt != 1 {
		t.Errorf("%+v, %v", tasks, err)
	}
	m.stopJob(id)
	m.gone(id)
}

// TestRegistryCredentials: Docker shows the registry what the job names, and nothing of taurus' says it.
func TestRegistryCredentials(t *testing.T) {
	needDocker(t)
	shown := make(chan string, 100)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="closed"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		select {
		case shown <- user + ":" + password:
		default:
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`)
	}))
	t.Cleanup(registry.Close)
	host := strings.TrimPrefix(registry.URL, "http://")
	secrets := t.TempDir()
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte("ann:"+plantedVariable)))
	if err := os.WriteFile(filepath.Join(secrets, "registry"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := certificateOfLoopback(t)
	for name, value := range map[string]string{
		"TAURUS_SECRETS_FROM": "dir:" + secrets, "TAURUS_SECRETS_LISTEN": "127.0.0.1:0", "TAURUS_SECRETS_TLS_CERT": cert, "TAURUS_SECRETS_TLS_KEY": key, "SSL_CERT_FILE": cert,
	} {
		t.Setenv(name, value)
	}
	m := newMachine(t)
	id := m.job("closed")
	m.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"tasks":[{"replicas":1,"resources":{"cpu":0.1,"memory":32},
		"container":{"image":%q,"registry_credentials":{"secret":"registry"},"network":"none"}}]}`, id, host+"/shop/web:1"), http.StatusCreated)
	if got, _ := testwait.Receive(t, "the pull", shown); got != "ann:"+plantedVariable {
		t.Errorf("the registry was shown %q", got)
	}
	m.eventually("the end is told", func() error {
		if _, out := m.say("explain", id); !strings.Contains(out, "not found") && !strings.Contains(out, "unknown") {
			return errors.New(out)
		}
		return nil
	})
	m.stopJob(id)
	m.lookFor(m.sayings(map[string]string{id: ""}))
	m.stop()
	m.lookFor(m.files())
}

// sayings is what a machine says of itself and of jobs, by where.
func (m *machine) sayings(jobs map[string]string) map[string][]byte {
	m.t.Helper()
	e, err := m.endpoints()
	if err != nil {
		m.t.Fatal(err)
	}
	said := map[string][]byte{}
	ask := func(url string) {
		ctx, cancel := context.WithTimeout(m.t.Context(), 10*time.Second)
		defer cancel()
		if strings.Contains(url, "/events?follow") {
			ctx, cancel = context.WithTimeout(m.t.Context(), 2*time.Second)
			defer cancel()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			m.t.Fatal(err)
		}
		resp, err := m.http.Do(req)
		if err != nil {
			m.t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body) // A feed is cut off.
		said[url] = body
	}
	for id := range jobs {
		for _, of := range []string{"", "/tasks", "/explain", "/events", "/versions", "/rollout"} {
			ask(e.API[0] + "/v2/jobs/" + strings.ReplaceAll(id, "/", "%2F") + of)
		}
		for _, command := range [][]string{{"job", id}, {"ps", id}, {"explain", id}, {"events", id}, {"explain", id, "--output", "json"}, {"events", id, "--output", "json"}} {
			_, out := m.say(command...)
			said["taurus "+strings.Join(command, " ")] = []byte(out)
		}
	}
	for _, path := range []string{"/", "/v2/jobs", "/v2/events?from=1", "/v2/audit", "/v2/cluster", "/job/own%2Fmesos"} {
		ask(e.API[0] + path)
	}
	for _, p := range m.parts() {
		if p.Admin == "" {
			continue
		}
		for _, path := range []string{"/metrics", "/readyz", "/healthz", "/debug/pprof/goroutine?debug=2", "/debug/vars"} {
			ask("http://" + p.Admin + path)
		}
	}
	if len(said) < 12*len(jobs)+20 {
		m.t.Errorf("only %d places were looked at", len(said))
	}
	return said
}

// quitLauncher has the launcher write all its stacks, as at a panic, and end. It leaves no core.
func (m *machine) quitLauncher() {
	m.t.Helper()
	for _, p := range m.parts() {
		if p.Role != "launcher" {
			continue
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.PID))
		if err != nil {
			m.t.Fatal(err)
		}
		for line := range strings.Lines(string(limits)) {
			if strings.HasPrefix(line, "Max core file size") && strings.Join(strings.Fields(line)[4:6], " ") != "0 0" {
				m.t.Errorf("it may leave a core: %s", line)
			}
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
		if err == nil && os.Getuid() != 0 && len(environ) > 0 {
			m.t.Error("who is not root reads its environment")
		}
		if err := syscall.Kill(p.PID, syscall.SIGQUIT); err != nil {
			m.t.Fatal(err)
		}
		m.replaced("launcher", p.PID)
	}
}

// files is all that the machine has written, but for what agents of Mesos keep: those write down what they are told to launch.
func (m *machine) files() map[string][]byte {
	m.t.Helper()
	written := map[string][]byte{"what taurus dev printed": m.out.Bytes()}
	agents, found, log := 0, false, false
	err := filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), "mesos-agent"):
			agents++
		case d.Type().IsRegular() && strings.Contains(path, "/mesos-agent"):
			content, err := os.ReadFile(path)
			found = found || secrettest.Holds(content, plantedVariable)
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		written[path] = content
		log = log || bytes.Contains(content, []byte("taurus.task.staged.v1"))
		return err
	})
	if err != nil || agents == 0 || !log || !found { // What is there to be found is found.
		m.t.Fatalf("%v; %d agents, with the value: %v, the log there: %v", err, agents, found, log)
	}
	return written
}

// lookFor fails for each place that has a value in it, however it is written.
func (m *machine) lookFor(in map[string][]byte) {
	m.t.Helper()
	for where, text := range in {
		for _, planted := range []string{plantedVariable, plantedFile, plantedError, plantedToken} {
			if secrettest.Holds(text, planted) {
				m.t.Errorf("%q is in %s", planted, where)
			}
		}
	}
}
