package sim_test

import (
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/sim"
)

// TestWorldIsAValue: after all that a run holds there is nothing in a world, its
// machines and its messages that a copy could not have: no function, no channel, no
// lock.
func TestWorldIsAValue(t *testing.T) {
	r := sim.New(1)
	r.Do()
	seen := map[uintptr]bool{}
	walk(t, "World", reflect.ValueOf(r.World), seen)
	if len(seen) < 100 {
		t.Errorf("only %d things were looked at", len(seen))
	}
}

func walk(t *testing.T, path string, v reflect.Value, seen map[uintptr]bool) {
	t.Helper()
	switch v.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if !v.IsNil() {
			t.Errorf("%s is a %s", path, v.Type())
		}
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		walk(t, path, v.Elem(), seen)
	case reflect.Interface:
		if !v.IsNil() {
			walk(t, path, v.Elem(), seen)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "sync" || v.Type().PkgPath() == "sync/atomic" {
			t.Errorf("%s is a %s", path, v.Type())
		}
		for i := range v.NumField() {
			walk(t, path+"."+v.Type().Field(i).Name, v.Field(i), seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(t, path+"[]", v.Index(i), seen)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walk(t, path+"[key]", it.Key(), seen)
			walk(t, path+"[]", it.Value(), seen)
		}
	default:
	}
}
