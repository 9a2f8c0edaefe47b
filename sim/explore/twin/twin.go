package twin

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Maker makes copies. It is not safe for concurrent use.
type Maker struct {
	shared  map[reflect.Type]bool
	dropped map[string]bool
	plans   map[reflect.Type]*plan
	seen    map[unsafe.Pointer]unsafe.Pointer
}

// New returns a maker. Values of the shared types are not looked into; dropped are
// fields as "package.Type.field".
func New(shared []reflect.Type, dropped []string) *Maker {
	m := &Maker{
		shared: map[reflect.Type]bool{}, dropped: map[string]bool{}, plans: map[reflect.Type]*plan{},
		seen: map[unsafe.Pointer]unsafe.Pointer{},
	}
	for _, t := range shared {
		m.shared[t] = true
	}
	for _, f := range dropped {
		m.dropped[f] = true
	}
	return m
}

// Of returns a copy of what v points to.
func Of[T any](m *Maker, v *T) *T {
	defer clear(m.seen)
	to := new(T)
	*to = *v
	from, at := unsafe.Pointer(v), unsafe.Pointer(to) //nolint:gosec // Parts are copied in place, by their offsets.
	m.seen[from] = at
	m.plan(reflect.TypeFor[T]()).deepen(m, at)
	return to
}

// plan is how the parts of a type are copied, once it was copied as it stands. A
// nil deepen means that there is nothing more to do.
type plan struct {
	deepen func(m *Maker, at unsafe.Pointer)
}

func (p *plan) flat() bool { return p.deepen == nil }

func (m *Maker) plan(t reflect.Type) *plan {
	if p := m.plans[t]; p != nil {
		return p
	}
	p := &plan{}
	m.plans[t] = p
	if !m.shared[t] {
		p.deepen = m.compile(t)
	}
	return p
}

func (m *Maker) compile(t reflect.Type) func(*Maker, unsafe.Pointer) {
	switch t.Kind() { //nolint:exhaustive // The others have no parts.
	case reflect.Struct:
		return m.compileStruct(t)
	case reflect.Array:
		return m.compileArray(t)
	case reflect.Pointer:
		return m.compilePointer(t)
	case reflect.Slice:
		return m.compileSlice(t)
	case reflect.Map:
		return m.compileMap(t)
	case reflect.Interface:
		return m.compileInterface(t)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return func(_ *Maker, at unsafe.Pointer) {
			if !reflect.NewAt(t, at).Elem().IsNil() {
				panic(fmt.Sprintf("twin: a %v cannot be copied", t))
			}
		}
	}
	return nil
}

func (m *Maker) compileStruct(t reflect.Type) func(*Maker, unsafe.Pointer) {
	type part struct {
		offset uintptr
		plan   *plan
		drop   reflect.Type
	}
	var parts []part
	for f := range t.Fields() {
		if m.dropped[t.String()+"."+f.Name] {
			parts = append(parts, part{offset: f.Offset, drop: f.Type})
			continue
		}
		if p := m.plan(f.Type); !p.flat() {
			parts = append(parts, part{offset: f.Offset, plan: p})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return func(m *Maker, at unsafe.Pointer) {
		for _, p := range parts {
			if p.drop != nil {
				reflect.NewAt(p.drop, unsafe.Add(at, p.offset)).Elem().SetZero()
				continue
			}
			p.plan.deepen(m, unsafe.Add(at, p.offset))
		}
	}
}

func (m *Maker) compileArray(t reflect.Type) func(*Maker, unsafe.Pointer) {
	elem := m.plan(t.Elem())
	if elem.flat() {
		return nil
	}
	return func(m *Maker, at unsafe.Pointer) {
		for i := range t.Len() {
			elem.deepen(m, unsafe.Add(at, uintptr(i)*t.Elem().Size()))
		}
	}
}

func (m *Maker) compilePointer(t reflect.Type) func(*Maker, unsafe.Pointer) {
	var elem *plan // Planned when first needed: a type may point to itself.
	return func(m *Maker, at unsafe.Pointer) {
		slot := (*unsafe.Pointer)(at)
		if *slot == nil {
			return
		}
		if known, ok := m.seen[*slot]; ok {
			*slot = known
			return
		}
		if elem == nil {
			elem = m.plan(t.Elem())
		}
		from := *slot
		to := reflect.New(t.Elem())
		to.Elem().Set(reflect.NewAt(t.Elem(), from).Elem())
		*slot = to.UnsafePointer()
		m.seen[from] = *slot
		if !elem.flat() {
			elem.deepen(m, *slot)
		}
	}
}

func (m *Maker) compileSlice(t reflect.Type) func(*Maker, unsafe.Pointer) {
	elem, size := m.plan(t.Elem()), t.Elem().Size()
	return func(m *Maker, at unsafe.Pointer) {
		v := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			return
		}
		to := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(to, v)
		v.Set(to)
		if elem.flat() {
			return
		}
		for i := range v.Len() {
			elem.deepen(m, unsafe.Add(v.UnsafePointer(), uintptr(i)*size))
		}
	}
}

func (m *Maker) compileMap(t reflect.Type) func(*Maker, unsafe.Pointer) {
	if !m.plan(t.Key()).flat() {
		panic(fmt.Sprintf("twin: the keys of %v are no plain values", t))
	}
	var elem *plan
	return func(m *Maker, at unsafe.Pointer) {
		v := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			return
		}
		if elem == nil {
			elem = m.plan(t.Elem())
		}
		to := reflect.MakeMapWithSize(t, v.Len())
		if v.Len() > 0 {
			m.entries(to, v, elem)
		}
		v.Set(to)
	}
}

func (m *Maker) entries(to, from reflect.Value, elem *plan) {
	t := from.Type()
	key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem())
	for each := from.MapRange(); each.Next(); {
		key.SetIterKey(each)
		value.Elem().SetIterValue(each)
		if !elem.flat() {
			elem.deepen(m, value.UnsafePointer())
		}
		to.SetMapIndex(key, value.Elem())
	}
}

func (m *Maker) compileInterface(t reflect.Type) func(*Maker, unsafe.Pointer) {
	return func(m *Maker, at unsafe.Pointer) {
		v := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			return
		}
		dynamic := v.Elem()
		p := m.plan(dynamic.Type())
		if p.flat() {
			return // A value in an interface is never changed.
		}
		to := reflect.New(dynamic.Type())
		to.Elem().Set(dynamic)
		p.deepen(m, to.UnsafePointer())
		v.Set(to.Elem())
	}
}
