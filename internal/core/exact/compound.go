package exact

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// list is the plan of a slice.
func (p *planner) list(t reflect.Type) (plan, error) {
	elem, err := p.plan(t.Elem())
	if err != nil {
		return plan{}, err
	}
	encode := func(w *writer, v reflect.Value) error {
		if v.IsNil() {
			return w.WriteToken(jsontext.Null)
		}
		return w.elements(elem, v)
	}
	decode := func(r *reader, v reflect.Value) error {
		if r.PeekKind() == 'n' {
			_, err := r.ReadToken()
			return err
		}
		if err := r.expect('['); err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(t, 0, 0))
		for n := 0; r.PeekKind() != ']'; n++ {
			v.Grow(1)
			v.SetLen(n + 1)
			if err := elem.decode(r, v.Index(n)); err != nil {
				return err
			}
		}
		v.Set(v.Slice3(0, v.Len(), v.Len()))
		return r.expect(']')
	}
	return plan{encode, decode}, nil
}

func (w *writer) elements(elem *plan, v reflect.Value) error {
	if err := w.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for i := range v.Len() {
		if err := elem.encode(w, v.Index(i)); err != nil {
			return err
		}
	}
	return w.WriteToken(jsontext.EndArray)
}

// array is the plan of an array.
func (p *planner) array(t reflect.Type) (plan, error) {
	elem, err := p.plan(t.Elem())
	if err != nil {
		return plan{}, err
	}
	encode := func(w *writer, v reflect.Value) error { return w.elements(elem, v) }
	decode := func(r *reader, v reflect.Value) error {
		if err := r.expect('['); err != nil {
			return err
		}
		for i := range v.Len() {
			if err := elem.decode(r, v.Index(i)); err != nil {
				return err
			}
		}
		return r.expect(']')
	}
	return plan{encode, decode}, nil
}

// pointer is the plan of a pointer. Where it is nothing its field is left out, so that
// anywhere else it has to point to something.
func (p *planner) pointer(t reflect.Type) (plan, error) {
	elem, err := p.plan(t.Elem())
	if err != nil {
		return plan{}, err
	}
	shared := t.Elem().Kind() == reflect.Struct && t.Elem() != reflect.TypeFor[time.Time]()
	encode := func(w *writer, v reflect.Value) error {
		if v.IsNil() {
			return fmt.Errorf("%w: nothing in the place of a %s", ErrValue, t.Elem())
		}
		if shared {
			if again, err := w.again(reference{t, v.UnsafePointer()}); again {
				return err
			}
		}
		return elem.encode(w, v.Elem())
	}
	decode := func(r *reader, v reflect.Value) error {
		if shared && r.PeekKind() == '0' {
			return r.back(v)
		}
		to := reflect.New(t.Elem())
		v.Set(to)
		if !shared {
			return elem.decode(r, to.Elem())
		}
		done := r.begin(to)
		err := elem.decode(r, to.Elem())
		done()
		return err
	}
	return plan{encode, decode}, nil
}

// field is one of a struct.
type field struct {
	name   string
	offset uintptr
	typ    reflect.Type
	plan   *plan
}

// in is the field of a struct, to be changed whoever may see it.
func (f *field) in(v reflect.Value) reflect.Value {
	return reflect.NewAt(f.typ, unsafe.Add(v.Addr().UnsafePointer(), f.offset)).Elem()
}

// structure is the plan of a struct.
func (p *planner) structure(t reflect.Type) (plan, error) {
	fields, err := p.fields(t)
	if err != nil {
		return plan{}, err
	}
	byName := make(map[string]*field, len(fields))
	for i := range fields {
		byName[fields[i].name] = &fields[i]
	}
	encode := func(w *writer, v reflect.Value) error {
		if err := w.WriteToken(jsontext.BeginObject); err != nil {
			return err
		}
		for i := range fields {
			part := fields[i].in(v)
			if part.IsZero() {
				continue
			}
			if err := w.WriteToken(jsontext.String(fields[i].name)); err != nil {
				return err
			}
			if err := fields[i].plan.encode(w, part); err != nil {
				return err
			}
		}
		return w.WriteToken(jsontext.EndObject)
	}
	decode := func(r *reader, v reflect.Value) error {
		if err := r.expect('{'); err != nil {
			return err
		}
		for r.PeekKind() != '}' {
			raw, err := r.ReadValue()
			if err != nil {
				return err
			}
			f := byName[string(bytes.Trim(raw, `"`))]
			if f == nil {
				return fmt.Errorf("%s has no field %s", t, raw)
			}
			if err := f.plan.decode(r, f.in(v)); err != nil {
				return err
			}
		}
		return r.expect('}')
	}
	return plan{encode, decode}, nil
}

// fields are those of a struct that are written.
func (p *planner) fields(t reflect.Type) ([]field, error) {
	var kept []field
	var lines []string
	for f := range t.Fields() {
		name := t.String() + "." + f.Name
		if t.Name() == "" {
			name = f.Name
		}
		if p.derived[name] {
			delete(p.derived, name)
			lines = append(lines, name+" derived")
			continue
		}
		of, err := p.plan(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, name+" "+f.Type.String())
		kept = append(kept, field{name: f.Name, offset: f.Offset, typ: f.Type, plan: of})
	}
	for _, line := range lines {
		p.shape.WriteString(line + "\n")
	}
	return kept, nil
}

// mapping is the plan of a map.
func (p *planner) mapping(t reflect.Type) (plan, error) {
	key, err := p.plan(t.Key())
	if err != nil {
		return plan{}, err
	}
	elem, err := p.plan(t.Elem())
	if err != nil {
		return plan{}, err
	}
	m := mapping{t: t, key: key, elem: elem}
	return plan{m.encode, m.decode}, nil
}

type mapping struct {
	t         reflect.Type
	key, elem *plan
}

func (m mapping) encode(w *writer, v reflect.Value) error {
	if v.IsNil() {
		return w.WriteToken(jsontext.Null)
	}
	if v.Len() > 0 {
		if again, err := w.again(reference{m.t, v.UnsafePointer()}); again {
			return err
		}
	}
	keys, named, err := m.keys(v)
	if err != nil {
		return err
	}
	if named {
		return m.encodeNamed(w, v, keys)
	}
	if err := w.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	elem := reflect.New(m.t.Elem()).Elem()
	for _, k := range keys {
		if err := w.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
		if err := m.key.encode(w, k); err != nil {
			return err
		}
		elem.Set(v.MapIndex(k))
		if err := m.elem.encode(w, elem); err != nil {
			return err
		}
		if err := w.WriteToken(jsontext.EndArray); err != nil {
			return err
		}
	}
	return w.WriteToken(jsontext.EndArray)
}

func (m mapping) encodeNamed(w *writer, v reflect.Value, keys []reflect.Value) error {
	if err := w.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	elem := reflect.New(m.t.Elem()).Elem()
	for _, k := range keys {
		var name string
		switch {
		case k.Kind() == reflect.String:
			name = k.String()
		case k.CanInt():
			name = strconv.FormatInt(k.Int(), 10)
		default:
			name = strconv.FormatUint(k.Uint(), 10)
		}
		if err := w.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		elem.Set(v.MapIndex(k))
		if err := m.elem.encode(w, elem); err != nil {
			return err
		}
	}
	return w.WriteToken(jsontext.EndObject)
}

// keys are those of a map in an order of their own, and whether they can be the names of an
// object.
func (m mapping) keys(v reflect.Value) (keys []reflect.Value, named bool, err error) {
	for _, k := range v.MapKeys() {
		one := reflect.New(m.t.Key()).Elem()
		one.Set(k)
		keys = append(keys, one)
	}
	switch k := reflect.New(m.t.Key()).Elem(); {
	case k.Kind() == reflect.String:
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		return keys, !slices.ContainsFunc(keys, func(k reflect.Value) bool { return !utf8.ValidString(k.String()) }), nil
	case k.CanInt():
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.Int(), b.Int()) })
		return keys, true, nil
	case k.CanUint():
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.Uint(), b.Uint()) })
		return keys, true, nil
	}
	texts := make(map[reflect.Value][]byte, len(keys))
	for _, k := range keys {
		var b bytes.Buffer
		one := writer{Encoder: jsontext.NewEncoder(&b), seen: map[reference]uint64{}}
		if err := m.key.encode(&one, k); err != nil {
			return nil, false, err
		}
		texts[k] = b.Bytes()
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int { return bytes.Compare(texts[a], texts[b]) })
	return keys, false, nil
}

func (m mapping) decode(r *reader, v reflect.Value) error {
	switch k := r.PeekKind(); k {
	case 'n':
		_, err := r.ReadToken()
		return err
	case '0':
		return r.back(v)
	case '{', '[':
	default:
		return unexpected(k, "a map")
	}
	made := reflect.MakeMap(m.t)
	v.Set(made)
	named := r.PeekKind() == '{'
	tok, err := r.ReadToken()
	if err != nil {
		return err
	}
	end := jsontext.Kind(']')
	if tok.Kind() == '{' {
		end = '}'
	}
	done := func() {}
	if r.PeekKind() != end {
		done = r.begin(made)
	}
	for r.PeekKind() != end {
		if err := m.entry(r, made, named); err != nil {
			return err
		}
	}
	done()
	return r.expect(end)
}

// entry reads one key and what is under it.
func (m mapping) entry(r *reader, to reflect.Value, named bool) error {
	key, elem := reflect.New(m.t.Key()).Elem(), reflect.New(m.t.Elem()).Elem()
	var err error
	if named {
		err = m.name(r, key)
	} else if err = r.expect('['); err == nil {
		err = m.key.decode(r, key)
	}
	if err != nil {
		return err
	}
	if to.MapIndex(key).IsValid() {
		return errors.New("a key is there twice")
	}
	if err := m.elem.decode(r, elem); err != nil {
		return err
	}
	to.SetMapIndex(key, elem)
	if named {
		return nil
	}
	return r.expect(']')
}

// name reads a key that is the name of a member.
func (m mapping) name(r *reader, key reflect.Value) error {
	name, err := r.string()
	if err != nil {
		return err
	}
	switch {
	case key.Kind() == reflect.String:
		key.SetString(name)
	case key.CanInt():
		n, err := strconv.ParseInt(name, 10, m.t.Key().Bits())
		key.SetInt(n)
		return err
	case key.CanUint():
		n, err := strconv.ParseUint(name, 10, m.t.Key().Bits())
		key.SetUint(n)
		return err
	default:
		return fmt.Errorf("a name for a key of %s", m.t)
	}
	return nil
}
