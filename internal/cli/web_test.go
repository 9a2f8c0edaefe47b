package cli_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli"
)

// TestWeb asks the page that the demo's own image serves, and ends it.
func TestWeb(t *testing.T) {
	out, in := io.Pipe()
	a := cli.NewApp()
	a.Out, a.Err = in, io.Discard
	a.Getenv = func(name string) string {
		return map[string]string{"PORT": "0", "MESOS_TASK_ID": "web-1", "TAURUS_SLOT": "3"}[name]
	}
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	go func() {
		status <- a.Run(ctx, []string{"web"})
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	address := ""
	for address == "" && lines.Scan() {
		// Port 80 is listened on too where the user may.
		if line := lines.Text(); !strings.HasSuffix(line, ":80") {
			address = "127.0.0.1" + line[strings.LastIndex(line, ":"):]
		}
	}
	go func() {
		for lines.Scan() {
			continue
		}
	}()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{"/": "Hello from taurus: task web-1, slot 3.\n", "/healthz": "ok\n"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != want {
			t.Errorf("%s: %q, %v", path, body, err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if got := <-status; got != cli.ExitOK {
		t.Errorf("exit status %d", got)
	}
}
