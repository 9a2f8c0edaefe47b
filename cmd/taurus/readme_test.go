package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone"
)

// asked is a request as a line of curl asks it.
type asked struct {
	line, method, url, body string
}

// curlLines are those of README.md, in order.
func curlLines(t *testing.T) (list []asked) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^    \$ (curl .*?)(?:\s+#.*)?$`).FindAllStringSubmatch(string(text), -1) {
		a := asked{line: found[1], method: http.MethodGet}
		words := strings.Fields(found[1])[1:]
		for i := 0; i < len(words); i++ {
			switch word := strings.Trim(words[i], "'"); {
			case word == "-X":
				i++
				a.method = words[i]
			case word == "-d":
				i++
				data, err := os.ReadFile(filepath.Join("../..", strings.TrimPrefix(words[i], "@")))
				if err != nil {
					t.Fatal(err)
				}
				a.body = string(data)
			case word == "-i" || word == "-N":
			case strings.HasPrefix(word, "127.0.0.1:8080/"):
				a.url = word
			default:
				t.Fatalf("%s: what is %s?", found[1], word)
			}
		}
		list = append(list, a)
	}
	return list
}

// TestREADME: after its first command all its lines of curl work as they stand, with no
// credential, and its lines of taurus find that of whoever started it.
func TestREADME(t *testing.T) {
	state := t.TempDir()
	cmd := taurus(t, state, "dev", "--listen", "127.0.0.1:0", "--agents", "1", "--executor", "simulated")
	log, err := os.Create(filepath.Join(state, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(state, "taurus")
	var e allinone.Endpoints
	await(t, "taurus dev runs", log.Name(), func() (running bool) {
		e, running = allinone.ReadEndpoints(data)
		return running
	})
	lines := curlLines(t)
	if len(lines) < 5 {
		t.Errorf("README.md has %d lines of curl", len(lines))
	}
	ask := func(a asked) int {
		url := strings.Replace(a.url, "127.0.0.1:8080", strings.TrimPrefix(e.API[0], "http://"), 1)
		req, err := http.NewRequestWithContext(t.Context(), a.method, "http://"+url, strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		if a.body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // As curl -d does.
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // The feed has no end.
		return resp.StatusCode
	}
	for i, line := range lines {
		if status := ask(line); status != http.StatusOK {
			t.Errorf("%s: %d", line.line, status)
		}
		if i > 0 {
			continue
		}
		for _, args := range [][]string{{"ps"}, {"scale", "taurusjob", "6"}, {"whoami"}} {
			if out, err := taurus(t, state, args...).CombinedOutput(); err != nil {
				t.Errorf("taurus %v: %v\n%s", args, err, out)
			}
		}
		// Who is on this machine and not that user looks and submits, and no more.
		other := taurus(t, t.TempDir(), "--api", e.API[0], "scale", "taurusjob", "7")
		if out, err := other.CombinedOutput(); other.ProcessState.ExitCode() != 7 || !strings.Contains(string(out), "It takes the right scale on the job taurusjob") {
			t.Errorf("scaled by another: %v\n%s", err, out)
		}
	}
	token, err := os.ReadFile(allinone.TokenFile(data))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(allinone.TokenFile(data)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file: %v, %v", info, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ends with %v", err)
	}
	text, err := os.ReadFile(log.Name())
	if secret := strings.TrimSpace(string(token))[len("taurus_")+33:]; err != nil || strings.Contains(string(text), secret) {
		t.Errorf("it says its secret: %v", err)
	}
	_ = log.Close()
}
