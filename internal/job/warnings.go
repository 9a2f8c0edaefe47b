package job

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/levenshtein"
)

// Warnings looks for what Decode silently tolerates and hardly anyone means:
// names that are no field, with the nearest one that is, and groups without
// replicas; and then what Spec.Warnings tells, with the lines. It returns nothing for a
// document that Decode refuses.
func (f *File) Warnings() []Fault {
	w := newWarner(f.json, f.written.line)
	if err := w.value(reflect.TypeFor[document]()); err != nil {
		return nil
	}
	spec, err := f.Decode()
	if err != nil {
		return w.warnings
	}
	spec.Normalise()
	for _, warning := range spec.Warnings() {
		warning.Line = w.variables[warning.Path]
		w.warnings.add(warning)
	}
	return w.warnings
}

func newWarner(data []byte, line func(int64) int) *warner {
	return &warner{
		line: line, dec: jsontext.NewDecoder(bytes.NewReader(data)), fields: map[reflect.Type]*fields{}, variables: map[string]int{},
		bare: strings.NewReplacer("_", "", "-", "", " ", ""),
	}
}

// warner walks a document along the types of a spec.
type warner struct {
	dec      *jsontext.Decoder
	line     func(int64) int
	warnings Faults
	// fields are those of the structs that were met.
	fields map[reflect.Type]*fields
	// bare takes the punctuation out of a name.
	bare *strings.Replacer
	// variables are the lines of environment variables, by their path.
	variables map[string]int
	// compared counts the names that were held against those of fields.
	compared int
}

// fields are the JSON names of a struct, and the types behind them.
type fields struct {
	types map[string]reflect.Type
	// names are in order.
	names []string
}

// fieldsOf are the fields of a struct, found once.
func (w *warner) fieldsOf(t reflect.Type) *fields {
	if w.fields[t] == nil {
		types := fieldsOf(t)
		w.fields[t] = &fields{types, slices.Sorted(maps.Keys(types))}
	}
	return w.fields[t]
}

// value walks one value of the type it should have.
func (w *warner) value(t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && w.dec.PeekKind() == '[':
		return w.list(t.Elem())
	case t.Kind() == reflect.Struct && w.dec.PeekKind() == '{':
		return w.object(t)
	}
	return w.dec.SkipValue()
}

func (w *warner) list(element reflect.Type) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for kind := w.dec.PeekKind(); kind != ']'; kind = w.dec.PeekKind() {
		if err := w.value(element); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

func (w *warner) object(t reflect.Type) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	known := w.fieldsOf(t)
	at, start := pointerPath(w.dec.StackPointer()), w.line(w.dec.InputOffset()-1)
	replicas := false
	for kind := w.dec.PeekKind(); kind != '}'; kind = w.dec.PeekKind() {
		token, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		name := strings.ToLower(token.String())
		replicas = replicas || name == "replicas"
		if err := w.member(known, at, name, token.String()); err != nil {
			return err
		}
	}
	if t == reflect.TypeFor[Group]() && !replicas {
		w.warnings.add(Fault{
			Path: join(at, "replicas"), Message: "is missing, so no task runs; say how many", Line: start,
		})
	}
	_, err := w.dec.ReadToken()
	return err
}

// member walks the value of one name, or warns of it.
func (w *warner) member(known *fields, at, name, written string) error {
	if field, ok := known.types[name]; ok {
		if name == "env" && w.dec.PeekKind() == '{' {
			return w.env()
		}
		return w.value(field)
	}
	if w.warnings.full() {
		return w.dec.SkipValue()
	}
	message := "is no field and has no effect"
	if near := w.nearest(name, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	w.warnings.add(Fault{
		Path: join(at, excerpt(written)), Message: message, Line: w.line(w.dec.InputOffset() - 1),
	})
	return w.dec.SkipValue()
}

// env notes the lines of variables.
func (w *warner) env() error {
	at := inTasks(pointerPath(w.dec.StackPointer()))
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for kind := w.dec.PeekKind(); kind != '}'; kind = w.dec.PeekKind() {
		token, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		path, line := join(at, name), w.line(w.dec.InputOffset()-1)
		if len(name) <= maxName {
			w.variables[path] = line
		}
		if w.dec.PeekKind() == 'n' {
			w.warnings.add(Fault{Path: path, Message: `is null, which makes it empty; write "" if that is meant, or leave it out`, Line: line})
		}
		if err := w.dec.SkipValue(); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// fieldsOf are the JSON names of a struct and the types behind them. A type
// that reads itself, such as Command, has none to be walked.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for field := range t.Fields() {
		if field.Anonymous {
			maps.Copy(fields, fieldsOf(field.Type))
			// The original answers with job_state and ignores it in what is sent.
			fields["job_state"] = reflect.TypeFor[int]()
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = field.Type
	}
	return fields
}

// nearest is the field whose name is at most two edits away, or one for short
// names, or one that differs in punctuation only.
func (w *warner) nearest(name string, known *fields) string {
	best, bestEdits, plain := "", 3, w.bare.Replace(name)
	for _, field := range known.names {
		w.compared++
		edits := levenshtein.Distance(name, field, bestEdits)
		if plain == w.bare.Replace(field) {
			edits = 0
		}
		if edits < bestEdits && edits <= len(field)/3 {
			best, bestEdits = field, edits
		}
	}
	return best
}
