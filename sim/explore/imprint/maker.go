package imprint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Maker makes imprints. It is not safe for concurrent use.
type Maker struct {
	rules  Rules
	plans  map[planKey]*plan
	errors reflect.Type
	writer writer
}

// New returns a maker.
func New(rules Rules) *Maker {
	return &Maker{rules: rules, plans: map[planKey]*plan{}, errors: reflect.TypeFor[error]()}
}

// Of makes the imprint of what v points to; scope is whose own numbers are in it.
func Of[T any](t *Maker, scope uint8, v *T) *Imprint {
	t.writer.reset(scope)
	t.plan(reflect.TypeFor[T](), &Rule{}).write(&t.writer, unsafe.Pointer(v)) //nolint:gosec // Fields are read in place, by their offsets.
	return t.writer.finish()
}

type planKey struct {
	t    reflect.Type
	rule Rule
}

type plan struct {
	write func(w *writer, at unsafe.Pointer)
}

func (t *Maker) plan(of reflect.Type, r *Rule) *plan {
	k := planKey{of, *r}
	if p := t.plans[k]; p != nil {
		return p
	}
	p := &plan{}
	t.plans[k] = p
	p.write = t.compile(of, r)
	return p
}

func (t *Maker) compile(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	switch {
	case r.How == Ignored:
		return func(*writer, unsafe.Pointer) {}
	case of == reflect.TypeFor[time.Time]():
		return func(w *writer, at unsafe.Pointer) { w.time(r, *(*time.Time)(at)) }
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Uint8:
		return func(w *writer, at unsafe.Pointer) { w.name(r, string(*(*[]byte)(at))) }
	}
	switch of.Kind() { //nolint:exhaustive // The rest is for numbers.
	case reflect.String:
		return func(w *writer, at unsafe.Pointer) { w.name(r, reflect.NewAt(of, at).Elem().String()) }
	case reflect.Struct:
		return t.compileStruct(of)
	case reflect.Array, reflect.Slice:
		return t.compileList(of, r)
	case reflect.Pointer:
		return t.compilePointer(of, r)
	case reflect.Map:
		return t.compileMap(of, r)
	case reflect.Interface:
		return t.compileInterface(of, r)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		panic(fmt.Sprintf("imprint: a %v says nothing", of))
	}
	return number(of, r)
}

func number(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	return func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(of, at).Elem()
		switch {
		case v.CanUint():
			w.number(r, v.Uint())
		case v.CanInt():
			w.number(r, uint64(v.Int()))
		case v.CanFloat():
			w.plain(uint64(v.Float() * 1000))
		case v.Kind() == reflect.Bool:
			if w.plain(5); v.Bool() {
				w.plain(6)
			}
		default:
			panic(fmt.Sprintf("imprint: a %v is not known", of))
		}
	}
}

func (t *Maker) compileStruct(of reflect.Type) func(*writer, unsafe.Pointer) {
	type part struct {
		offset uintptr
		plan   *plan
	}
	var parts []part
	for f := range of.Fields() {
		r := t.rules[of.String()+"."+f.Name]
		if r.How != Ignored {
			parts = append(parts, part{f.Offset, t.plan(f.Type, &r)})
		}
	}
	return func(w *writer, at unsafe.Pointer) {
		for _, p := range parts {
			p.plan.write(w, unsafe.Add(at, p.offset))
		}
	}
}

// compileList takes nil and empty for the same, as those do who range over them.
func (t *Maker) compileList(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	elem := t.plan(of.Elem(), r)
	return func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(of, at).Elem()
		w.plain(uint64(v.Len()))
		for i := range v.Len() {
			elem.write(w, v.Index(i).Addr().UnsafePointer())
		}
	}
}

func (t *Maker) compilePointer(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	var elem *plan // Planned when first needed: a type may point to itself.
	simple := of.Elem().Kind() != reflect.Struct
	return func(w *writer, at unsafe.Pointer) {
		p := *(*unsafe.Pointer)(at)
		if elem == nil {
			elem = t.plan(of.Elem(), r)
		}
		if simple && p != nil {
			w.plain(4)
			elem.write(w, p)
			return
		}
		if w.pointer(p) {
			elem.write(w, p)
		}
	}
}

func (t *Maker) compileMap(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	keyRule := Rule{}
	if r.Keys != nil {
		keyRule = *r.Keys
	}
	key := t.plan(of.Key(), &keyRule)
	valueRule := *r
	valueRule.Keys = nil
	var elem *plan
	return func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(of, at).Elem()
		w.plain(uint64(v.Len()))
		if v.Len() == 0 {
			return
		}
		if elem == nil {
			elem = t.plan(of.Elem(), &valueRule)
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, compare)
		k, e := reflect.New(of.Key()), reflect.New(of.Elem())
		for _, one := range keys {
			k.Elem().Set(one)
			e.Elem().Set(v.MapIndex(one))
			key.write(w, k.UnsafePointer())
			elem.write(w, e.UnsafePointer())
		}
	}
}

// compare orders keys, whatever they are.
func compare(a, b reflect.Value) int {
	switch {
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	case a.CanUint():
		return order(a.Uint(), b.Uint())
	case a.CanInt():
		return order(a.Int(), b.Int())
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if c := compare(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
		return 0
	}
	panic(fmt.Sprintf("imprint: keys of type %v have no order", a.Type()))
}

func order[N int64 | uint64](a, b N) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (t *Maker) compileInterface(of reflect.Type, r *Rule) func(*writer, unsafe.Pointer) {
	return func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(of, at).Elem()
		if v.IsNil() {
			w.plain(7)
			return
		}
		dynamic := v.Elem()
		w.text(dynamic.Type().String())
		if of == t.errors {
			return // What it says decides nothing.
		}
		copied := reflect.New(dynamic.Type())
		copied.Elem().Set(dynamic)
		t.plan(dynamic.Type(), r).write(w, copied.UnsafePointer())
	}
}
