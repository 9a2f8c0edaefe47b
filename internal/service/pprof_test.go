package service_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/service"
)

// TestProfiles: they are served at a port of their own where that is asked for, without the
// command line, and by no name that somebody else gives out; health and metrics have none.
func TestProfiles(t *testing.T) {
	p := start(t, building(&role{run: untilStopped}), "--pprof=127.0.0.1:0")
	a := p.announced()
	if a.PprofAddress == "" || a.PprofAddress == a.AdminAddress {
		t.Fatalf("%+v", a)
	}
	base := "http://" + a.PprofAddress
	for path, want := range map[string]int{
		"/debug/pprof/": http.StatusOK, "/debug/pprof/heap": http.StatusOK, "/debug/pprof/profile?seconds=1": http.StatusOK,
		"/debug/pprof/cmdline": http.StatusNotFound, "/metrics": http.StatusNotFound, "/": http.StatusNotFound,
	} {
		if status, _ := get(t, base+path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, _ := get(t, "http://"+a.AdminAddress+"/debug/pprof/heap"); status != http.StatusNotFound {
		t.Errorf("the admin server has profiles: %d", status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/debug/pprof/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a stranger's name: %d", resp.StatusCode)
	}
	p.stop()
	if status := <-p.status; status != service.ExitOK {
		t.Errorf("exit status %d: %s", status, p.out)
	}
	if !strings.Contains(p.out.String(), `"pprof_address":"`+a.PprofAddress+`"`) {
		t.Errorf("the log does not say where: %s", p.out)
	}
	if client.CloseIdleConnections(); !gone(base) {
		t.Error("profiles outlive the process")
	}
}

// TestNoProfilesUnlessTold: by default nothing of that is there.
func TestNoProfilesUnlessTold(t *testing.T) {
	p := start(t, building(&role{run: untilStopped}))
	if a := p.announced(); a.PprofAddress != "" {
		t.Errorf("%+v", a)
	}
	p.stop()
	<-p.status
	if strings.Contains(p.out.String(), "pprof") {
		t.Errorf("says %s", p.out)
	}
}

func gone(base string) bool {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(base)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err != nil
}
