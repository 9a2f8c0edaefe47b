package v2_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// References lead somewhere, and operations have ids of their own.
func TestOpenAPIIsSound(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	doc := r.Document()
	if served := apitest.Get[apitest.Object](r, "/v2/openapi.json"); !reflect.DeepEqual(served, doc) {
		t.Error("another document is served than is tested")
	}
	ids := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case apitest.Object:
			if ref, ok := v["$ref"].(string); ok && apitest.Resolve(doc, ref) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			if id, ok := v["operationId"].(string); ok {
				if ids[id] {
					t.Errorf("operation %s twice", id)
				}
				ids[id] = true
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(doc)
	if len(ids) == 0 {
		t.Fatal("no operations")
	}
}

// The job spec is that of package job, word for word.
func TestOpenAPIHasTheSchemaOfJobs(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(string(job.Schema()), "#/$defs/", "#/components/schemas/JobSpec.")
	var schema apitest.Object
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		t.Fatal(err)
	}
	defs, _ := schema["$defs"].(apitest.Object)
	for _, name := range []string{"$defs", "$schema", "title"} {
		delete(schema, name)
	}
	want := apitest.Object{"JobSpec": schema}
	for name, def := range defs {
		want["JobSpec."+name] = def
	}
	doc := apitest.New(t).Document()
	for name, def := range want {
		if got := apitest.Resolve(doc, "#/components/schemas/"+name); !reflect.DeepEqual(any(got), def) {
			t.Errorf("%s: got %v, want %v", name, got, def)
		}
	}
}
