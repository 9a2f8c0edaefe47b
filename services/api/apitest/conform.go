package apitest

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

// Object is one of JSON.
type Object = map[string]any

// Resolve follows a reference within a document, nil if it leads nowhere.
func Resolve(doc Object, ref string) Object {
	at := any(doc)
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		next, ok := at.(Object)
		if !ok {
			return nil
		}
		at = next[part]
	}
	found, _ := at.(Object)
	return found
}

// Conforms holds an answer to what the document says of its operation.
func (r *Rig) Conforms(method, target string, a Answer) {
	r.t.Helper()
	path, _, _ := strings.Cut(target, "?")
	e, _ := r.API.Handler().(*echo.Echo)
	c := e.NewContext(nil, nil)
	e.Router().Find(method, path, c)
	template := strings.Replace(regexp.MustCompile(`:(\w+)`).ReplaceAllString(c.Path(), "{$1}"), "*", "{path}", 1)
	if method == http.MethodHead && a.Status != http.StatusMethodNotAllowed {
		method = http.MethodGet
	}
	item, _ := r.Document()["paths"].(Object)[template].(Object)
	operation, _ := item[strings.ToLower(method)].(Object)
	if operation == nil {
		return // No route: nothing is promised.
	}
	at := fmt.Sprintf("%s %s: %d", method, target, a.Status)
	response, _ := operation["responses"].(Object)[strconv.Itoa(a.Status)].(Object)
	if response == nil {
		r.t.Errorf("%s is not documented; %s", at, a.Body)
		return
	}
	if ref, ok := response["$ref"].(string); ok {
		response = Resolve(r.Document(), ref)
	}
	headers, _ := response["headers"].(Object)
	for name := range headers {
		if a.Header.Get(name) == "" {
			r.t.Errorf("%s: header %s is missing", at, name)
		}
	}
	if a.Body != "" {
		r.conformsBody(response, a, at)
	}
}

// conformsBody holds a body to the schema of its type.
func (r *Rig) conformsBody(response Object, a Answer, at string) {
	r.t.Helper()
	kind := a.Header.Get("Content-Type")
	contents, _ := response["content"].(Object)
	content, ok := contents[kind].(Object)
	if !ok {
		kind, _, _ = strings.Cut(kind, ";")
		content, ok = contents[kind].(Object)
	}
	if !ok {
		r.t.Errorf("%s: type %s is not documented", at, a.Header.Get("Content-Type"))
		return
	}
	if !strings.Contains(kind, "json") {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		r.t.Errorf("%s: %v", at, err)
		return
	}
	schema, _ := content["schema"].(Object)
	conform(r.t, r.Document(), schema, v, at)
}

// isOf reports whether a value is of a type of JSON schema.
func isOf(kind string, v any) bool {
	switch v := v.(type) {
	case Object:
		return kind == "object"
	case []any:
		return kind == "array"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	}
	return false
}

func conform(t *testing.T, doc, schema Object, v any, at string) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = Resolve(doc, ref)
	}
	if kind, ok := schema["type"].(string); ok && !isOf(kind, v) {
		t.Errorf("%s: %v is no %s", at, v, kind)
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, v) {
		t.Errorf("%s: %v is none of %v", at, v, words)
	}
	switch v := v.(type) {
	case Object:
		properties, _ := schema["properties"].(Object)
		values, _ := schema["additionalProperties"].(Object)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, there := v[name.(string)]; !there {
				t.Errorf("%s: %v is missing", at, name)
			}
		}
		for name, value := range v {
			child, ok := properties[name].(Object)
			if child == nil {
				child, ok = values, values != nil
			}
			if !ok && (properties != nil || values != nil) {
				t.Errorf("%s: %s is not documented", at, name)
			}
			conform(t, doc, child, value, at+"."+name)
		}
	case []any:
		items, _ := schema["items"].(Object)
		for i, value := range v {
			conform(t, doc, items, value, fmt.Sprintf("%s[%d]", at, i))
		}
	}
}
