package policy

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/job"
)

// walker reads a document along the types of a policy, and gathers what does not fit.
type walker struct {
	dec    *jsontext.Decoder
	line   func(int64) int
	faults job.Faults
	// at are the lines of what was read, by its path.
	at map[string]int
}

func (w *walker) fault(path string, line int, message string) {
	w.faults = append(w.faults, job.Fault{Path: path, Message: message, Line: line})
}

// wrong takes in what is wrong with a field that was read, or with one that is missing where
// something was. Of one that could not be read that was told already.
func (w *walker) wrong(path, message string) {
	for at := path; ; at = above(at) {
		if slices.ContainsFunc(w.faults, func(f job.Fault) bool { return f.Path == at && at != "" }) {
			return
		}
		if line, read := w.at[at]; read || at == "" {
			w.fault(path, line, message)
			return
		}
	}
}

// above is the path that another is in.
func above(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// told are the faults, and not more than are read.
func (w *walker) told() job.Faults {
	if len(w.faults) > faultsMax {
		w.faults = append(w.faults[:faultsMax], job.Fault{Message: "has more faults; mend these first"})
	}
	return w.faults
}

// document reads all of it. The error is of what is no document at all.
func (w *walker) document(into *Policy) error {
	w.at = map[string]int{}
	if err := w.value("", reflect.ValueOf(into).Elem()); err != nil {
		return w.malformed(err)
	}
	return nil
}

func (w *walker) malformed(err error) error {
	fault := job.Fault{Message: "not valid: " + strings.TrimPrefix(err.Error(), "jsontext: ")}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		fault.Line = w.line(syntax.ByteOffset)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			fault.Path, fault.Message = strings.ReplaceAll(strings.TrimPrefix(string(syntax.JSONPointer), "/"), "/", "."), "is given twice; keep one"
		}
	}
	return fmt.Errorf("%w: %w", job.ErrSyntax, job.Faults{fault})
}

// value reads what comes next into a value of its type.
func (w *walker) value(path string, into reflect.Value) error {
	kind, line := w.dec.PeekKind(), w.next()
	w.at[path] = line
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch {
	case into.Kind() == reflect.Struct && kind == '{':
		return w.object(path, into)
	case into.Kind() == reflect.Struct && kind == '"' && short(into).IsValid():
		into = short(into)
	case into.Kind() == reflect.Slice && kind == '[':
		return w.list(path, into)
	}
	value, err := w.dec.ReadValue()
	if err != nil {
		return err
	}
	if !w.scalar(into, value) {
		w.fault(path, line, "must be "+wanted(into)+", not "+excerpt(string(value)))
	}
	return nil
}

// next is the line of what comes next.
func (w *walker) next() int { return w.line(w.dec.InputOffset() + 1) }

// short is the field that a string alone stands for, in a type that has one.
func short(of reflect.Value) reflect.Value {
	switch of.Interface().(type) {
	case Parameter, Image:
		return of.FieldByName("Name")
	case Volume:
		return of.FieldByName("Path")
	}
	return reflect.Value{}
}

func (w *walker) list(path string, into reflect.Value) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	for i := 0; w.dec.PeekKind() != ']'; i++ {
		element := reflect.New(into.Type().Elem()).Elem()
		if err := w.value(path+"["+strconv.Itoa(i)+"]", element); err != nil {
			return err
		}
		into.Set(reflect.Append(into, element))
	}
	_, err := w.dec.ReadToken()
	return err
}

func (w *walker) object(path string, into reflect.Value) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	fields := fieldsOf(into)
	for w.dec.PeekKind() != '}' {
		token, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		name, line := token.String(), w.line(w.dec.InputOffset()-1)
		field, known := fields[name]
		if known {
			if err := w.value(under(path, name), field); err != nil {
				return err
			}
			continue
		}
		w.fault(under(path, excerpt(name)), line, "is no field; there are "+strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		if err := w.dec.SkipValue(); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// fieldsOf are the fields of a struct by the names that they have in a file.
func fieldsOf(of reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range of.NumField() {
		if !of.Type().Field(i).IsExported() {
			continue
		}
		if of.Type().Field(i).Anonymous {
			maps.Copy(fields, fieldsOf(of.Field(i)))
			continue
		}
		fields[of.Type().Field(i).Tag.Get("json")] = of.Field(i)
	}
	return fields
}

// scalar reads a value that is no list and no object, and reports whether it is of the type.
func (w *walker) scalar(into reflect.Value, value jsontext.Value) bool {
	number := func() (float64, bool) {
		n, err := strconv.ParseFloat(string(value), 64)
		return n, value.Kind() == '0' && err == nil && n >= 0 && !math.IsInf(n, 0)
	}
	switch into.Kind() {
	case reflect.String:
		text, err := jsontext.AppendUnquote(nil, value)
		if value.Kind() != '"' || err != nil {
			return false
		}
		into.SetString(string(text))
		return true
	case reflect.Bool:
		into.SetBool(value.Kind() == 't')
		return value.Kind() == 't' || value.Kind() == 'f'
	case reflect.Uint32:
		n, ok := number()
		if !ok || n != math.Trunc(n) || n > math.MaxUint32 {
			return false
		}
		into.SetUint(uint64(n))
		return true
	case reflect.Float64:
		n, ok := number()
		into.SetFloat(n)
		return ok
	default:
		return false
	}
}

// wanted says what a field must be.
func wanted(of reflect.Value) string {
	switch of.Kind() {
	case reflect.String:
		return "a string; put it in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint32:
		return "a whole number, 0 or more"
	case reflect.Float64:
		return "a number, 0 or more"
	case reflect.Slice:
		return "a list in brackets"
	default:
		return "an object in braces"
	}
}

func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// excerpt is the beginning of what was written.
func excerpt(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
