package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON encodes and decodes messages of mesos-go in Mesos' JSON. The zero value
// is ready; it may be used by several goroutines.
type JSON struct {
	schemas schemas
	extras  map[reflect.Type]Extra
	lists   map[reflect.Type][]string
}

// Extra writes members of a message that mesos-go's type does not have. It
// returns nothing, or JSON members such as "a":1,"b":2.
type Extra func(msg any) string

// Marshal returns msg, a pointer to a message, as JSON without white space.
func (j *JSON) Marshal(msg any) []byte {
	return j.message(nil, reflect.ValueOf(msg).Elem())
}

func (j *JSON) message(out []byte, v reflect.Value) []byte {
	out = append(out, '{')
	first, always := true, j.lists[v.Type()]
	for _, f := range j.schemas.of(v.Type()).fields {
		fv := v.Field(f.index)
		if isUnset(f, fv) && !f.hasDef && !slices.Contains(always, f.name) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(appendString(out, f.name), ':')
		out = j.value(out, f, fv)
	}
	if extra := j.extras[v.Type()]; extra != nil && v.CanAddr() {
		if members := extra(v.Addr().Interface()); members != "" {
			if !first {
				out = append(out, ',')
			}
			out = append(out, members...)
		}
	}
	return append(out, '}')
}

// isUnset reports whether a field is left out. Optional fields that mesos-go keeps
// by value are enums whose zero is UNKNOWN, which Mesos has as unset.
func isUnset(f field, v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // The kinds of protobuf fields that can be unset.
	case reflect.Pointer:
		return v.IsNil()
	case reflect.Slice:
		if f.repeated {
			return v.Len() == 0
		}
		return v.IsNil() && !f.required
	case reflect.Map:
		return v.Len() == 0
	case reflect.Int32:
		return !f.required && f.enum != "" && v.Int() == 0
	}
	return false
}

func (j *JSON) value(out []byte, f field, v reflect.Value) []byte {
	switch {
	case v.Kind() == reflect.Map:
		return j.object(out, f, v)
	case f.repeated:
		out = append(out, '[')
		for i := range v.Len() {
			if i > 0 {
				out = append(out, ',')
			}
			out = j.single(out, f, v.Index(i))
		}
		return append(out, ']')
	case v.Kind() == reflect.Pointer && v.IsNil():
		return appendDefault(out, f)
	}
	return j.single(out, f, v)
}

func (j *JSON) object(out []byte, f field, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	out = append(out, '{')
	for i, k := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, k.String()), ':')
		out = j.single(out, f, v.MapIndex(k))
	}
	return append(out, '}')
}

func (j *JSON) single(out []byte, f field, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() { //nolint:exhaustive // The kinds of protobuf fields.
	case reflect.Struct:
		return j.message(out, v)
	case reflect.Bool:
		return strconv.AppendBool(out, v.Bool())
	case reflect.String:
		return appendString(out, v.String())
	case reflect.Float32, reflect.Float64:
		return appendDouble(out, v.Float())
	case reflect.Int32, reflect.Int64:
		if f.enum != "" {
			return appendEnum(out, f.enum, int32(v.Int()))
		}
		return strconv.AppendInt(out, v.Int(), 10)
	case reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(out, v.Uint(), 10)
	case reflect.Slice:
		return append(base64.StdEncoding.AppendEncode(append(out, '"'), v.Bytes()), '"')
	}
	return append(out, "null"...)
}

func appendEnum(out []byte, enum string, n int32) []byte {
	name, ok := enumName(enum, n)
	if !ok {
		name = strconv.Itoa(int(n))
	}
	return appendString(out, name)
}

func appendDefault(out []byte, f field) []byte {
	switch f.elem.Kind() { //nolint:exhaustive // The kinds of fields with a default in the .proto files.
	case reflect.Bool:
		return strconv.AppendBool(out, f.def == "1" || f.def == "true")
	case reflect.String:
		return appendString(out, f.def)
	case reflect.Float64:
		d, _ := strconv.ParseFloat(f.def, 64)
		return appendDouble(out, d)
	case reflect.Int32:
		n, err := strconv.ParseInt(f.def, 10, 32)
		if f.enum != "" && err == nil {
			return appendEnum(out, f.enum, int32(n))
		}
	}
	return append(out, f.def...)
}

// The doubles that are written with an exponent, as RapidJSON, which Mesos writes
// with, does: those of more than 21 digits before the point, or with six zeros
// after it.
const (
	longest  = 1e21
	shortest = 1e-6
)

func appendDouble(out []byte, d float64) []byte {
	switch {
	case math.IsInf(d, 1):
		return append(out, `"Infinity"`...)
	case math.IsInf(d, -1):
		return append(out, `"-Infinity"`...)
	case math.IsNaN(d):
		return append(out, `"NaN"`...)
	}
	if size := math.Abs(d); size >= longest || size < shortest && size > 0 {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(d, 'e', -1, 64), "e")
		sign := strings.TrimSuffix(exponent[:1], "+")
		return append(out, mantissa+"e"+sign+strings.TrimLeft(exponent[1:], "0")...)
	}
	n := len(out)
	out = strconv.AppendFloat(out, d, 'f', -1, 64)
	if !slices.Contains(out[n:], '.') {
		out = append(out, ".0"...)
	}
	return out
}

const hex = "0123456789ABCDEF"

// appendString escapes as RapidJSON does: control characters, quotes and
// backslashes, nothing else. Bytes that are no UTF-8 become U+FFFD so that the text
// stays valid JSON.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r == '\b':
			out = append(out, `\b`...)
		case r == '\f':
			out = append(out, `\f`...)
		case r < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}
