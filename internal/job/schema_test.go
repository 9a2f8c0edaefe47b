package job_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// node is the part of JSON Schema that the job's schema uses.
type node struct {
	Ref                  string           `json:"$ref"`
	Type                 string           `json:"type"`
	Description          string           `json:"description"`
	Properties           map[string]*node `json:"properties"`
	AdditionalProperties *node            `json:"additionalProperties"`
	PropertyNames        *node            `json:"propertyNames"`
	Required             []string         `json:"required"`
	Items                *node            `json:"items"`
	OneOf                []*node          `json:"oneOf"`
	Not                  *node            `json:"not"`
	Const                any              `json:"const"`
	Enum                 []any            `json:"enum"`
	Pattern              string           `json:"pattern"`
	Minimum              *float64         `json:"minimum"`
	Maximum              *float64         `json:"maximum"`
	MaxItems             *int             `json:"maxItems"`
	MinItems             *int             `json:"minItems"`
	MaxProperties        *int             `json:"maxProperties"`
	MaxLength            *int             `json:"maxLength"`
	MinLength            *int             `json:"minLength"`
	Default              any              `json:"default"`
	Title                string           `json:"title"`
	Schema               string           `json:"$schema"`
	Defs                 map[string]*node `json:"$defs"`
}

func loadSchema(t *testing.T) *node {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(job.Schema())))
	dec.DisallowUnknownFields()
	var root node
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// TestSchemaHasTheFieldsOfTheTypes, no more and no less.
func TestSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	root := loadSchema(t)
	compareFields(t, root, "", root, reflect.TypeFor[job.Spec]())
}

func compareFields(t *testing.T, root *node, at string, s *node, of reflect.Type) {
	t.Helper()
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		if of.Kind() == reflect.Slice {
			s = root.resolve(s).Items
		}
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[job.Command]() || of == reflect.TypeFor[job.Amount]() {
		return
	}
	s = root.resolve(s)
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := s.Properties[name]
		if property == nil || root.resolve(property).Description == "" {
			t.Errorf("the schema does not explain %s.%s", at, name)
			continue
		}
		compareFields(t, root, at+"."+name, property, field.Type)
	}
	if len(s.Properties) != of.NumField() {
		t.Errorf("%q has %d properties for %d fields", at, len(s.Properties), of.NumField())
	}
}

// TestSchemaAcceptsTheExamples, as they are and with their defaults.
func TestSchemaAcceptsTheExamples(t *testing.T) {
	root := loadSchema(t)
	for name, data := range exampleFiles(t) {
		spec, err := job.Decode(data, contentType(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{"as it is", "normalised"} {
			if err := root.check(root, "", value(t, encode(t, spec))); err != nil {
				t.Errorf("%s, %s: %v", name, form, err)
			}
			spec.Normalise()
		}
	}
}

// TestSchemaRefuses some of what Validate refuses.
func TestSchemaRefuses(t *testing.T) {
	root := loadSchema(t)
	for _, sent := range []string{
		`[]`, `{}`, `{"id":"a"}`, `{"id":"all","tasks":[{"container":{"image":"x"}}]}`, `{"id":"a","tasks":[]}`, `{"id":"a","tasks":[{}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x"},"replicas":-1}]}`, `{"id":"a","tasks":[{"container":{"image":"x"},"replicas":1.5}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x","command":1}}]}`, `{"id":"a","kind":"cron","tasks":[{"container":{"image":"x"}}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x"},"kill_grace":"10"}]}`, `{"id":"a","tasks":[{"container":{"image":"x"},"env":{"A":1}}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x"},"unreachable":{"replace_after":"ever"}}]}`, `{"id":"a","tasks":[{"container":{"image":"x"},"unreachable":{"keep":"oldest"}}]}`, `{"id":"a","tasks":[{"container":{"image":"x"},"kill_grace":"never"}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x","containerizer":"podman"}}]}`, `{"id":"a","tasks":[{"container":{"image":"x"},"ports":[{"protocol":"sctp"}]}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x","volumes":[{"container_path":"/v","host_path":"/h","mode":"ro,z"}]}}]}`,
		`{"id":"a","tasks":[{"container":{"image":"x","parameters":[{"key":"name"}]}}]}`, `{"id":"a","labels":{"a b":""},"tasks":[{"container":{"image":"x"}}]}`,
	} {
		if err := root.check(root, "", value(t, []byte(sent))); err == nil {
			t.Errorf("the schema accepts %s", sent)
		}
	}
}

func value(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (n *node) resolve(s *node) *node {
	if s.Ref == "" {
		return s
	}
	return n.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
}

// check validates v against s, as far as the job's schema needs it.
func (n *node) check(s *node, at string, v any) error {
	s = n.resolve(s)
	if len(s.OneOf) > 0 {
		matches := slices.DeleteFunc(slices.Clone(s.OneOf), func(one *node) bool { return n.check(one, at, v) != nil })
		if len(matches) != 1 {
			return fmt.Errorf("%s: %d of the alternatives match %v", at, len(matches), v)
		}
	}
	if s.Not != nil && n.check(s.Not, at, v) == nil || s.Const != nil && s.Const != v || s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is not allowed", at, v)
	}
	if !s.hasType(v) {
		return fmt.Errorf("%s: %v is no %s", at, v, s.Type)
	}
	switch v := v.(type) {
	case map[string]any:
		return n.checkObject(s, at, v)
	case []any:
		return n.checkArray(s, at, v)
	case string:
		wrong := s.MinLength != nil && len(v) < *s.MinLength || s.MaxLength != nil && len(v) > *s.MaxLength
		if wrong || s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			return fmt.Errorf("%s: %q does not fit", at, v)
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return fmt.Errorf("%s: %v is out of bounds", at, v)
		}
	}
	return nil
}

// hasType reports whether v is of the type that n asks for.
func (n *node) hasType(v any) bool {
	if n.Type == "" {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		return n.Type == "object"
	case []any:
		return n.Type == "array"
	case string:
		return n.Type == "string"
	case float64:
		return n.Type == "number" || n.Type == "integer" && v == math.Trunc(v)
	case bool:
		return n.Type == "boolean"
	}
	return false
}

func (n *node) checkArray(s *node, at string, v []any) error {
	if s.MinItems != nil && len(v) < *s.MinItems || s.MaxItems != nil && len(v) > *s.MaxItems {
		return fmt.Errorf("%s: %d items", at, len(v))
	}
	for i, item := range v {
		if s.Items != nil {
			if err := n.check(s.Items, fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *node) checkObject(s *node, at string, v map[string]any) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s.%s is missing", at, name)
		}
	}
	if s.MaxProperties != nil && len(v) > *s.MaxProperties {
		return fmt.Errorf("%s: %d properties", at, len(v))
	}
	for name, member := range v {
		property := s.Properties[name]
		if property == nil {
			property = s.AdditionalProperties
		}
		if s.PropertyNames != nil {
			if err := n.check(s.PropertyNames, at, name); err != nil {
				return err
			}
		}
		if property != nil {
			if err := n.check(property, at+"."+name, member); err != nil {
				return err
			}
		}
	}
	return nil
}
