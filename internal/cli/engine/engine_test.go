package engine_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli/engine"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// docker answers as a Docker Engine does, as far as the demo asks, and notes
// what it was made to remove.
type docker struct {
	inUse   string // the id of an image that has containers
	removed []string
}

func (d *docker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	path := r.URL.Path
	if strings.HasPrefix(path, "/v1.") {
		path = path[strings.Index(path[1:], "/")+1:]
	}
	switch {
	case path == "/_ping":
		w.Header().Set("Api-Version", "1.41")
	case path == "/containers/json":
		fmt.Fprint(w, `[
			{"Id":"a","Names":["/mesos-a"],"State":"running","Mounts":[{"Source":"/data/mesos-agent-1/sandbox"}]},
			{"Id":"b","Names":["/mesos-b"],"State":"exited","Mounts":[{"Source":"/data2/mesos-agent-1/sandbox"}]},
			{"Id":"c","Names":["/mesos-c"],"State":"exited","Mounts":[{"Source":"/x"},{"Source":"/data/mesos-agent-2/sandbox"}]},
			{"Id":"d","Names":[],"State":"running","Mounts":[]},
			{"Id":"e","Names":["/mesos-e"],"State":"running","Mounts":[{"Source":"/data/demo/mesos-agent-1/sandbox"}]}]`)
	case path == "/images/json":
		if got := r.URL.Query().Get("filters"); !strings.Contains(got, "taurus.demo") {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, `[{"Id":"i"},{"Id":"j"}]`)
	case r.Method == http.MethodDelete && d.inUse != "" && path == "/images/"+d.inUse:
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"message":"in use"}`)
	case r.Method == http.MethodDelete:
		d.removed = append(d.removed, path)
		fmt.Fprint(w, "[]")
	case path == "/images/"+engine.DemoImage+"/json":
		fmt.Fprint(w, `{"Id":"i"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"no such thing"}`)
	}
}

func find(t *testing.T, d *docker) *engine.Engine {
	t.Helper()
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	t.Setenv("DOCKER_HOST", strings.Replace(s.URL, "http", "tcp", 1))
	e, err := engine.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestNoEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
	e, err := engine.Find(t.Context())
	if err == nil || e != nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("engine %v, error %v", e, err)
	}
}

func TestOnlyOwnContainersAreTouched(t *testing.T) {
	d := &docker{}
	e := find(t, d)
	list, err := e.Containers(t.Context(), "/data", true)
	if err != nil || len(list) != 2 || list[0].Name != "mesos-a" || list[1].ID != "c" {
		t.Errorf("containers %v, %v", list, err)
	}
	n, err := e.Remove(t.Context(), "/data")
	if err != nil || n != 2 || !slices.Equal(d.removed, []string{"/containers/a", "/containers/c"}) {
		t.Errorf("removed %d, %q, %v", n, d.removed, err)
	}
}

func TestImages(t *testing.T) {
	d := &docker{}
	e := find(t, d)
	if has, err := e.Has(t.Context(), "nginx"); has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
	if has, err := e.Has(t.Context(), engine.DemoImage); !has || err != nil {
		t.Errorf("has %v, %v", has, err)
	}
	d.inUse = "i"
	if err := e.RemoveDemo(t.Context()); err != nil || !slices.Equal(d.removed, []string{"/images/j"}) {
		t.Errorf("removed %q, %v", d.removed, err)
	}
}

// TestExpected: what agents wrote down tells of containers where there is no Docker.
func TestExpected(t *testing.T) {
	data := t.TempDir()
	if n, err := engine.Expected(data); n != 0 || err != nil {
		t.Errorf("%d containers of nothing, %v", n, err)
	}
	for path, text := range map[string]string{
		"mesos-agent-1/meta/runs/a.json": `{"kind":"docker","state":1}`,
		"mesos-agent-2/meta/runs/b.json": `{"kind":"docker","state":1}`,
		"mesos-agent-2/meta/runs/c.json": `{"kind":"simulated","state":1}`,
		"elsewhere/meta/runs/d.json":     `{"kind":"docker","state":1}`,
	} {
		path = filepath.Join(data, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := engine.Expected(data); n != 2 || err != nil {
		t.Errorf("%d containers, %v, want 2", n, err)
	}
	if err := os.WriteFile(filepath.Join(data, "mesos-agent-1/meta/runs/a.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Expected(data); err == nil {
		t.Error("a broken record is passed over")
	}
}
