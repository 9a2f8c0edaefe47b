package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
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
	missing, err := j.fill(reflect.ValueOf(msg).Elem(), obj, "")
	if err != nil {
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

func (f *field) unexpected(kind string) error {
	return convertError(fmt.Sprintf("Not expecting a JSON %s for field '%s'", kind, f.name))
}

// fill sets the fields of v from obj, by name, as the first that does not fit is
// the one to be told of. It returns the paths of missing required fields, a
// message's own before those of its parts.
func (j *JSON) fill(v reflect.Value, obj map[string]any, path string) (missing []string, err error) {
	sc := j.schemas.of(v.Type())
	parts := map[*field][]string{}
	for _, name := range slices.Sorted(maps.Keys(obj)) {
		f := sc.byName[name]
		if f == nil {
			continue
		}
		lack, err := j.set(f, v.Field(f.index), obj[name], path)
		if err != nil {
			return nil, err
		}
		if len(lack) > 0 {
			parts[f] = lack
		}
	}
	for i := range sc.fields {
		if f := &sc.fields[i]; f.required && obj[f.name] == nil {
			missing = append(missing, path+f.name)
		}
	}
	for _, f := range sc.byNumber {
		missing = append(missing, parts[f]...)
	}
	return missing, nil
}

// set sets or, if it is a list, extends a field. One value is a list of one, and
// lists of lists are one list.
func (j *JSON) set(f *field, v reflect.Value, raw any, path string) (missing []string, err error) {
	list, isList := raw.([]any)
	switch {
	case raw == nil:
		return nil, nil
	case isList && !f.repeated:
		return nil, f.unexpected("array")
	case isList:
		for _, e := range list {
			lack, err := j.set(f, v, e, path)
			if err != nil {
				return nil, err
			}
			missing = append(missing, lack...)
		}
		return missing, nil
	case v.Kind() == reflect.Map:
		return j.setMap(f, v, raw, path)
	case f.repeated:
		item := reflect.New(v.Type().Elem()).Elem()
		ok, missing, err := j.setSingle(f, item, raw, fmt.Sprintf("%s%s[%d].", path, f.name, v.Len()))
		if ok {
			v.Set(reflect.Append(v, item))
		}
		return missing, err
	}
	_, missing, err = j.setSingle(f, v, raw, path+f.name+".")
	return missing, err
}

func (j *JSON) setMap(f *field, v reflect.Value, raw any, path string) (missing []string, err error) {
	obj, ok := raw.(map[string]any)
	if !ok {
		return nil, f.unexpected(kindName(raw))
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		item := reflect.New(v.Type().Elem()).Elem()
		_, lack, err := j.setSingle(f, item, obj[k], path+f.name+".")
		if err != nil {
			return nil, err
		}
		missing = append(missing, lack...)
		v.SetMapIndex(reflect.ValueOf(k), item)
	}
	return missing, nil
}

// setSingle sets one value; ok is false when it was dropped, as an unknown name
// of an enum that may be absent is.
func (j *JSON) setSingle(f *field, v reflect.Value, raw any, path string) (ok bool, missing []string, err error) {
	target := v
	if v.Kind() == reflect.Pointer {
		target = reflect.New(v.Type().Elem()).Elem()
	}
	switch obj, isObject := raw.(map[string]any); {
	case target.Kind() == reflect.Struct && isObject:
		ok = true
		missing, err = j.fill(target, obj, path)
	case target.Kind() == reflect.Struct || isObject:
		err = f.unexpected(kindName(raw))
	default:
		ok, err = assign(f, target, raw)
	}
	if err != nil || !ok {
		return false, nil, err
	}
	if v.Kind() == reflect.Pointer {
		v.Set(target.Addr())
	}
	return true, missing, nil
}

// assign sets what is no message.
func assign(f *field, v reflect.Value, raw any) (ok bool, err error) {
	text, isText := raw.(string)
	switch {
	case f.enum != "":
		if !isText {
			return false, f.unexpected(kindName(raw))
		}
		return assignEnum(f, v, text)
	case v.Kind() == reflect.Bool:
		b, isBool := raw.(bool)
		if isText {
			b, err = fromText[bool](f, text, "boolean")
		} else if !isBool {
			err = f.unexpected(kindName(raw))
		}
		v.SetBool(b)
	case v.Kind() == reflect.String || v.Kind() == reflect.Slice:
		if !isText {
			return false, f.unexpected(kindName(raw))
		}
		err = assignText(f, v, text)
	default:
		err = assignNumber(f, v, raw)
	}
	return true, err
}

func assignText(f *field, v reflect.Value, text string) error {
	if v.Kind() == reflect.String {
		v.SetString(text)
		return nil
	}
	b, wrong := fromBase64(text)
	if wrong != "" {
		return convertError(fmt.Sprintf("Failed to base64 decode bytes field '%s': Invalid character '%s'", f.name, wrong))
	}
	v.SetBytes(b)
	return nil
}

// fromBase64 is as lenient as Mesos: white space is skipped, what follows the
// padding too, and padding may be missing. wrong is a character that is in no
// alphabet.
func fromBase64(text string) (b []byte, wrong string) {
	text, _, _ = strings.Cut(text, "=")
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
		case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', c == '+', c == '/':
			digits = append(digits, c)
		default:
			return nil, text[i : i+1]
		}
	}
	const quantum = 4
	if len(digits)%quantum == 1 { // They are too few bits for a byte.
		digits = digits[:len(digits)-1]
	}
	b = make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, _ := base64.RawStdEncoding.Decode(b, digits) // Nothing is left to be wrong.
	return b[:n], ""
}

// fromText reads a number or boolean that came as text.
func fromText[T any](f *field, text, kind string) (T, error) {
	v, err := parse([]byte(text))
	t, ok := v.(T)
	if err == nil && !ok {
		err = convertError("Unexpected JSON type parsed")
	}
	if err != nil {
		err = convertError(fmt.Sprintf("Failed to parse '%s' as a JSON %s for field '%s': %s", text, kind, f.name, err))
	}
	return t, err
}

func assignEnum(f *field, v reflect.Value, name string) (ok bool, err error) {
	n, ok := enumValue(f.enum, name)
	switch {
	case ok:
		v.SetInt(int64(n))
	case f.required:
		return false, convertError(fmt.Sprintf("Failed to find enum for '%s'", name))
	}
	return ok, nil
}

func assignNumber(f *field, v reflect.Value, raw any) error {
	isDouble := v.Kind() == reflect.Float32 || v.Kind() == reflect.Float64
	n, isNumber := raw.(json.Number)
	if text, isText := raw.(string); isText {
		switch {
		case isDouble && text == "Infinity":
			v.SetFloat(math.Inf(1))
			return nil
		case isDouble && text == "-Infinity":
			v.SetFloat(math.Inf(-1))
			return nil
		}
		var err error
		if n, err = fromText[json.Number](f, text, "number"); err != nil {
			return err
		}
	} else if !isNumber {
		return f.unexpected(kindName(raw))
	}
	if isDouble {
		d, _ := n.Float64() // It is a number, and in range.
		v.SetFloat(d)
		return nil
	}
	assignInteger(v, n)
	return nil
}

// assignInteger converts as C++ does: a fraction is cut off, and of what is too
// much for the field its last bits remain.
func assignInteger(v reflect.Value, n json.Number) {
	i, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		d, _ := n.Float64()
		i = int64(d)
		if d > math.MaxInt64 {
			i = int64(uint64(d))
		}
	}
	switch v.Kind() { //nolint:exhaustive // The kinds of protobuf's integers.
	case reflect.Int32:
		v.SetInt(int64(int32(i)))
	case reflect.Int64:
		v.SetInt(i)
	case reflect.Uint32:
		v.SetUint(uint64(uint32(i)))
	case reflect.Uint64:
		v.SetUint(uint64(i))
	}
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
