package job_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// FuzzDecodeJSON: whatever is sent, nothing panics, and what is read reaches a
// fixed point: normalised, written and read again it is the same.
func FuzzDecodeJSON(f *testing.F) {
	for name, data := range exampleFiles(f) {
		if contentType(name) == "application/json" {
			f.Add(data)
		}
	}
	for _, seed := range []string{
		"", "null", "[]", "{}", `{"id":1}`, `{"tasks":[{"env":{"A":{"secret":"a"},"B":{"secret":1}},"secrets":[{"name":"a","path":"../x","mode":"9"}]}]}`, `{"tasks":[null]}`, `{"tasks":[{"container":null}]}`, `{"id":"a"} x`, "\ufeff{}", "{\"id\":\"\xff\"}",
		`{"task":{"kill_grace":1.5,"env":{"A":"b"},"uris":[{"value":"/a","extract":false}]}}`, `{"ID":"a","id":"b"}`,
		`{"tasks":[{"health_check":{"type":"HTTP"},"ports":[{}],"restart":{"backoff":"2m"},"resources":{"cpu":1e-9}}]}`,
		`{"tasks":[{"container":{"containerizer":"MESOS","command":"x","network":"Host","parameters":[{"key":"v"}],"volumes":[{"mode":"RO, z"}]}}]}`,
		`{"tasks":[{"ports":[{"name":"a-b","host":1,"protocol":"UDP, tcp"},{"name":"A_b","host":1}],"env":{"PORT_A_B":null,"PORT1":"","TAURUS_X":""}}]}`,
		`{"tasks":[{"affinities":[{"operator":"IS","weight":-0e1}],"spread":[{"targets":{"":101,"r1":null}},{"weight":4294967295}],"placement":"BINPACK"}]}`,
		`{"tasks":[{"affinities":null,"spread":[null],"constraints":[{"operator":"With_Job","value":"a/b"}],"resources":{"cpu_limit":1e-4,"memory_limit":1e13}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		job.Warnings(data, "")
		spec, err := job.DecodeJSON(data)
		if legacy, legacyErr := job.DecodeLegacy(data); err == nil && (legacyErr != nil || !reflect.DeepEqual(spec, legacy)) {
			t.Fatalf("the original's routes read it otherwise: %+v, %v", legacy, legacyErr)
		}
		checkDecoded(t, spec, err)
	})
}

// FuzzDecodeYAML is the same for YAML.
func FuzzDecodeYAML(f *testing.F) {
	for _, data := range exampleFiles(f) {
		f.Add(data)
	}
	for _, seed := range []string{
		"", "---\n", "\ufeffid: a\n", "id: a\n---\n", "a: &a [*a]", "<<: *a", "a: &a\n  <<: *a\n", "? a\n: b", "- - -", "!!str", "id: !!str\n", "&a", "*a",
		"id: |\n  a\n", "id: 0x1F\n", "id: .nan", "id: 'a", "\t", "id: \xff", "%YAML 1.2\n---\nid: a\n", "<<: [{id: a}]\n", "null: a", "1: a", "id: >-\n",
		"tasks:\n- replicas: 0100\n  env: {A: 0022, B: 1_0.5, C: .inf, D: yes, E: , F: 123456789012345678901234}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		job.Warnings(data, "application/yaml")
		spec, err := job.DecodeYAML(data)
		checkDecoded(t, spec, err)
	})
}

func checkDecoded(t *testing.T, spec *job.Spec, err error) {
	t.Helper()
	if err != nil {
		var faults job.Faults
		if !errors.As(err, &faults) || len(faults) == 0 || faults.Error() == "" || (spec != nil && errors.Is(err, job.ErrSyntax)) {
			t.Fatalf("%+v, %v", spec, err)
		}
		var all job.Faults
		if !errors.As(spec.AllFaults(err, job.DefaultLimits()), &all) || len(all) < len(faults) {
			t.Fatalf("%v, but all: %v", faults, all)
		}
		return
	}
	spec.Normalise()
	valid := spec.Validate(job.DefaultLimits())
	stored, err := spec.JSON()
	if err != nil {
		t.Fatalf("%+v: %v", spec, err)
	}
	back, err := job.Parse(stored)
	if err != nil || !reflect.DeepEqual(spec, back) {
		t.Fatalf("%s came back as %+v, %v", stored, back, err)
	}
	back.Normalise()
	if !reflect.DeepEqual(spec, back) || !reflect.DeepEqual(valid, back.Validate(job.DefaultLimits())) {
		t.Fatalf("%s is not a fixed point", stored)
	}
}
