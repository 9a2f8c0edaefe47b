package job_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestStoredSpecsComeBackExactly: what Normalise made is what Parse reads.
func TestStoredSpecsComeBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		spec.Normalise()
		data := encode(t, spec)
		back, err := job.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(spec, back) {
			t.Fatalf("%s came back as %s", data, encode(t, back))
		}
	})
}

// TestEncodingIsReadByDecode: the stored form is a job file in both formats.
func TestEncodingIsReadByDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		spec.Normalise()
		data := encode(t, spec)
		decoded, err := job.DecodeJSON(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(spec, decoded) {
			t.Fatalf("%s was decoded as %s", data, encode(t, decoded))
		}
	})
}

// TestStandardLibraryWritesTheSame: a spec inside another value, written by
// encoding/json, has the same fields.
func TestStandardLibraryWritesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		spec.Normalise()
		data, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		back, err := job.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(spec, back) {
			t.Fatalf("%s came back as %s", data, encode(t, back))
		}
	})
}

func TestEqualSpecsAskForTheSame(t *testing.T) {
	bare := &job.Spec{ID: "a", Tasks: []job.Group{{Role: "web", Container: &job.Container{Image: "nginx"}}}}
	full := bare.Clone()
	full.Normalise()
	other := full.Clone()
	other.Tasks[0].Replicas = 2
	var none *job.Spec
	cases := []struct {
		name string
		a, b *job.Spec
		want bool
	}{
		{"defaults count", bare, full, true},
		{"replicas differ", full, other, false},
		{"nothing and nothing", none, none, true},
		{"nothing and something", none, full, false},
		{"something and nothing", full, none, false},
	}
	for _, c := range cases {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if bare.Kind != "" {
		t.Error("Equal changed what it compared")
	}
}

func TestWhatJSONCannotHoldIsAnError(t *testing.T) {
	for _, spec := range []*job.Spec{
		{ID: "a", Tasks: []job.Group{{Resources: &job.Resources{CPU: math.NaN()}}}},
		{ID: "\xff"},
	} {
		if data, err := spec.JSON(); err == nil {
			t.Errorf("%s", data)
		}
		if spec.Validate(job.DefaultLimits()) == nil {
			t.Errorf("%+v is valid", spec)
		}
	}
	if _, err := job.Parse([]byte(`{"tasks": 1}`)); err == nil {
		t.Error("Parse read a number as tasks")
	}
}

// TestLegacyGolden: the original's answers for its own two files.
func TestLegacyGolden(t *testing.T) {
	for _, name := range []string{"job", "job2"} {
		spec, err := job.DecodeLegacy(exampleFiles(t)[name+".json"])
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/legacy/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{"as sent", "normalised"} {
			got, err := json.MarshalIndent(spec.Legacy(1), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(append(got, '\n'), want) {
				t.Errorf("%s, %s:\n%s", name, form, got)
			}
			spec.Normalise()
		}
	}
}

func TestLegacyShowsEveryField(t *testing.T) {
	cases := []struct{ name, sent, want string }{
		{
			"absent is null and zero", `{"id":"a","tasks":[{"container":{"image":"x"}}]}`,
			`{"id":"a","tasks":[{"cluster":"","role":"","environment":"","priority":0,"container":{"command":null,"image":"x","volumes":null},"resources":null,"health_check":null,"replicas":0}],"job_state":3}`,
		},
		{"no tasks", `{"id":"a"}`, `{"id":"a","tasks":null,"job_state":3}`},
		{"an empty list", `{"id":"a","tasks":[]}`, `{"id":"a","tasks":[],"job_state":3}`},
		{
			"everything", `{"id":"a","job_state":2,"tasks":[{"cluster":"c","role":"r","environment":"e","priority":7,"replicas":2,
				"container":{"image":"x","command":["a","b"],"volumes":[{"container_path":"/a","host_path":"/b","mode":"ro"}]},
				"resources":{"cpu":0.5,"memory":64},"health_check":{"port":80,"path":"/","interval":1.5,"timeout":2,"failures":3}}]}`,
			`{"id":"a","tasks":[{"cluster":"c","role":"r","environment":"e","priority":7,"container":{"command":["a","b"],"image":"x","volumes":[{"container_path":"/a","host_path":"/b","mode":"ro"}]},"resources":{"cpu":0.5,"memory":64},"health_check":{"port":80,"path":"/","interval":1.5,"timeout":2,"failures":3},"replicas":2}],"job_state":3}`,
		},
		{
			"a shell line", `{"id":"a","tasks":[{"container":{"image":"x","command":"a b"}}]}`,
			`{"id":"a","tasks":[{"cluster":"","role":"","environment":"","priority":0,"container":{"command":["/bin/sh","-c","a b"],"image":"x","volumes":null},"resources":null,"health_check":null,"replicas":0}],"job_state":3}`,
		},
		{
			"no container", `{"id":"a","tasks":[null]}`,
			`{"id":"a","tasks":[{"cluster":"","role":"","environment":"","priority":0,"container":null,"resources":null,"health_check":null,"replicas":0}],"job_state":3}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			spec, err := job.DecodeLegacy([]byte(c.sent))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(spec.Legacy(3))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// fataler is what testing.T and rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func encode(t fataler, spec *job.Spec) []byte {
	t.Helper()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
