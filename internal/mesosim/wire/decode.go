package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal fills msg, a pointer to a message, from JSON. The errors are
// ErrSyntax and ErrConvert, each with the reason in Mesos' words as its text.
func (j *JSON) Unmarshal(data []byte, msg any) error {
	tree, err := parse(data)
	if err != nil {
		return err
	}
	obj, ok := tree.(map[string]any)
	if !ok {
		return convertError("Expecting a JSON object")
	}
	v := reflect.ValueOf(msg).Elem()
	var missing []string
	if err := j.fill(v, obj, "", &missing); err != nil {
		return err
	}
	if len(missing) > 0 {
		return convertError("Missing required fields: " + strings.Join(missing, ", "))
	}
	return nil
}

// conversionError is the reason of an ErrConvert in Mesos' words.
type conversionError struct{ text string }

func (e *conversionError) Error() string { return e.text }

func (e *conversionError) Is(target error) bool { return target == ErrConvert }

func convertError(text string) error { return &conversionError{text: text} }

// fill sets the fields of v from obj and adds the paths of missing required
// fields, a message's own before those of its parts.
func (j *JSON) fill(v reflect.Value, obj map[string]any, path string, missing *[]string) error {
	sc := j.schemas.of(v.Type())
	for _, f := range sc.byNumber {
		if raw, ok := obj[f.name]; f.required && (!ok || raw == nil) {
			*missing = append(*missing, path+f.name)
		}
	}
	for _, f := range sc.byNumber {
		raw, ok := obj[f.name]
		if !ok || raw == nil {
			continue
		}
		if err := j.set(f, v.Field(f.index), raw, path, missing); err != nil {
			return err
		}
	}
	return nil
}

func (j *JSON) set(f *field, v reflect.Value, raw any, path string, missing *[]string) error {
	if v.Kind() == reflect.Map {
		return j.setMap(f, v, raw, path, missing)
	}
	list, isList := raw.([]any)
	if isList != f.repeated {
		return convertError(fmt.Sprintf("Not expecting a JSON %s for field '%s'", kindName(raw), f.name))
	}
	if !f.repeated {
		_, err := j.setSingle(f, v, raw, path+f.name+".", missing)
		return err
	}
	for i, e := range list {
		if e == nil {
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		ok, err := j.setSingle(f, item, e, fmt.Sprintf("%s%s[%d].", path, f.name, i), missing)
		if err != nil {
			return err
		}
		if ok {
			v.Set(reflect.Append(v, item))
		}
	}
	return nil
}

func (j *JSON) setMap(f *field, v reflect.Value, raw any, path string, missing *[]string) error {
	obj, ok := raw.(map[string]any)
	if !ok {
		return convertError(fmt.Sprintf("Not expecting a JSON %s for field '%s'", kindName(raw), f.name))
	}
	v.Set(reflect.MakeMap(v.Type()))
	for k, e := range obj {
		item := reflect.New(v.Type().Elem()).Elem()
		if _, err := j.setSingle(f, item, e, path+f.name+".", missing); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(k), item)
	}
	return nil
}

// setSingle sets one value; false means that it was dropped, as an unknown name
// of an enum that may be absent is.
func (j *JSON) setSingle(f *field, v reflect.Value, raw any, path string, missing *[]string) (bool, error) {
	target := v
	if v.Kind() == reflect.Pointer {
		target = reflect.New(v.Type().Elem()).Elem()
	}
	ok, err := j.assign(f, target, raw, path, missing)
	if err != nil || !ok {
		return false, err
	}
	if v.Kind() == reflect.Pointer {
		v.Set(target.Addr())
	}
	return true, nil
}

func (j *JSON) assign(f *field, v reflect.Value, raw any, path string, missing *[]string) (bool, error) {
	unexpected := convertError(fmt.Sprintf("Not expecting a JSON %s for field '%s'", kindName(raw), f.name))
	if f.enum != "" {
		return assignEnum(f, v, raw, unexpected)
	}
	switch v.Kind() { //nolint:exhaustive // The kinds of protobuf fields.
	case reflect.Struct:
		obj, ok := raw.(map[string]any)
		if !ok {
			return false, unexpected
		}
		return true, j.fill(v, obj, path, missing)
	case reflect.Bool:
		switch raw {
		case true, "true":
			v.SetBool(true)
			return true, nil
		case false, "false":
			v.SetBool(false)
			return true, nil
		}
		return false, unexpected
	case reflect.String:
		s, ok := raw.(string)
		if !ok {
			return false, unexpected
		}
		v.SetString(s)
		return true, nil
	case reflect.Slice:
		s, ok := raw.(string)
		if !ok {
			return false, unexpected
		}
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return false, convertError(fmt.Sprintf("Failed to base64 decode bytes field '%s': %s", f.name, err))
		}
		v.SetBytes(b)
		return true, nil
	}
	return true, assignNumber(f, v, raw, unexpected)
}

func assignEnum(f *field, v reflect.Value, raw any, unexpected error) (bool, error) {
	name, ok := raw.(string)
	if !ok {
		return false, unexpected
	}
	n, ok := enumValue(f.enum, name)
	if ok {
		v.SetInt(int64(n))
		return true, nil
	}
	if f.required {
		return false, convertError(fmt.Sprintf("Failed to find enum for '%s'", name))
	}
	return false, nil
}

func assignNumber(f *field, v reflect.Value, raw any, unexpected error) error {
	var text string
	switch n := raw.(type) {
	case json.Number:
		text = n.String()
	case string:
		text = n
	default:
		return unexpected
	}
	bad := convertError(fmt.Sprintf("Failed to parse '%s' as a number for field '%s'", text, f.name))
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		d, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return bad
		}
		v.SetFloat(d)
	case reflect.Int32, reflect.Int64:
		n, ok := integer(text)
		if !ok || v.OverflowInt(n) {
			return bad
		}
		v.SetInt(n)
	case reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			i, ok := integer(text)
			if !ok || i < 0 {
				return bad
			}
			n = uint64(i)
		}
		if v.OverflowUint(n) {
			return bad
		}
		v.SetUint(n)
	default:
		return unexpected
	}
	return nil
}

// integer takes whole numbers and, as Mesos does, numbers with a fraction,
// which are cut.
func integer(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	d, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(d) || math.Abs(d) >= math.MaxInt64 {
		return 0, false
	}
	return int64(d), true
}

func kindName(raw any) string {
	switch raw.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case nil:
		return "null"
	}
	return "number"
}
