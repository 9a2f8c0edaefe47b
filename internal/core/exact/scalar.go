package exact

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// inBase64 names a text that is not UTF-8.
const inBase64 = "base64"

func writeBool(w *writer, v reflect.Value) error { return w.WriteToken(jsontext.Bool(v.Bool())) }

func readBool(r *reader, v reflect.Value) error {
	tok, err := r.ReadToken()
	if err != nil {
		return err
	}
	if k := tok.Kind(); k != 't' && k != 'f' {
		return unexpected(k, "true or false")
	}
	v.SetBool(tok.Bool())
	return nil
}

func writeInt(w *writer, v reflect.Value) error { return w.WriteToken(jsontext.Int(v.Int())) }

func readInt(r *reader, v reflect.Value) error {
	raw, err := r.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(raw), 10, v.Type().Bits())
	v.SetInt(n)
	return err
}

func writeUint(w *writer, v reflect.Value) error { return w.WriteToken(jsontext.Uint(v.Uint())) }

func readUint(r *reader, v reflect.Value) error {
	raw, err := r.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(string(raw), 10, v.Type().Bits())
	v.SetUint(n)
	return err
}

func writeFloat(w *writer, v reflect.Value) error {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%w: %v", ErrValue, f)
	}
	return w.WriteToken(jsontext.Float(f))
}

func readFloat(r *reader, v reflect.Value) error {
	raw, err := r.number()
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	v.SetFloat(f)
	return err
}

func writeString(w *writer, v reflect.Value) error { return w.text(v.String()) }

func readString(r *reader, v reflect.Value) error {
	text, err := r.text()
	v.SetString(text)
	return err
}

// text writes a text that may be anything.
func (w *writer) text(text string) error {
	if utf8.ValidString(text) {
		return w.WriteToken(jsontext.String(text))
	}
	for _, tok := range []jsontext.Token{
		jsontext.BeginObject, jsontext.String(inBase64), jsontext.String(base64.StdEncoding.EncodeToString([]byte(text))), jsontext.EndObject,
	} {
		if err := w.WriteToken(tok); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) text() (string, error) {
	if r.PeekKind() != '{' {
		return r.string()
	}
	if _, err := r.ReadToken(); err != nil {
		return "", err
	}
	name, err := r.string()
	if err != nil {
		return "", err
	}
	if name != inBase64 {
		return "", fmt.Errorf("a text that is %q", name)
	}
	text, err := r.string()
	if err != nil {
		return "", err
	}
	if err := r.expect('}'); err != nil {
		return "", err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return string(b), err
}

func writeBytes(w *writer, v reflect.Value) error {
	if v.IsNil() {
		return w.WriteToken(jsontext.Null)
	}
	return w.WriteToken(jsontext.String(base64.StdEncoding.EncodeToString(v.Bytes())))
}

func readBytes(r *reader, v reflect.Value) error {
	if r.PeekKind() == 'n' {
		_, err := r.ReadToken()
		return err
	}
	text, err := r.string()
	if err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	v.SetBytes(b)
	return err
}

func writeTime(w *writer, v reflect.Value) error {
	t := *v.Addr().Interface().(*time.Time)
	_, east := t.Zone()
	if y := t.Year(); y >= 0 && y <= 9999 && east%60 == 0 {
		return w.WriteToken(jsontext.String(t.Format(time.RFC3339Nano)))
	}
	for _, tok := range []jsontext.Token{
		jsontext.BeginArray, jsontext.Int(t.Unix()), jsontext.Int(int64(t.Nanosecond())), jsontext.Int(int64(east)), jsontext.EndArray,
	} {
		if err := w.WriteToken(tok); err != nil {
			return err
		}
	}
	return nil
}

func readTime(r *reader, v reflect.Value) error {
	to := v.Addr().Interface().(*time.Time)
	if r.PeekKind() != '[' {
		text, err := r.string()
		if err != nil {
			return err
		}
		if *to, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return err
		}
		if _, east := to.Zone(); east == 0 {
			*to = to.UTC()
		}
		return nil
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	var n [3]int64
	for i := range n {
		raw, err := r.number()
		if err != nil {
			return err
		}
		if n[i], err = strconv.ParseInt(string(raw), 10, 64); err != nil {
			return err
		}
	}
	if n[1] < 0 || n[1] >= int64(time.Second) || n[2] <= -maxEast || n[2] >= maxEast {
		return fmt.Errorf("there is no time %v", n)
	}
	*to = time.Unix(n[0], n[1]).UTC()
	if n[2] != 0 {
		*to = to.In(time.FixedZone("", int(n[2])))
	}
	return r.expect(']')
}

// maxEast is more than any zone is east of UTC, in seconds.
const maxEast = 24 * 60 * 60
