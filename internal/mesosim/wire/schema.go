package wire

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gogo/protobuf/proto"
)

// field is what the protobuf struct tag says about one field.
type field struct {
	index    int
	number   int
	name     string
	enum     string // registered name of the enum, empty for other types
	required bool
	repeated bool
	def      string // default of the .proto file
	hasDef   bool
	elem     reflect.Type // type without pointer and slice
}

type schema struct {
	fields   []field // in order of declaration
	byName   map[string]*field
	byNumber []*field
}

// schemas caches what reflection finds about message types.
type schemas struct {
	cache sync.Map // reflect.Type -> *schema
}

func (s *schemas) of(t reflect.Type) *schema {
	if c, ok := s.cache.Load(t); ok {
		return c.(*schema)
	}
	sc := newSchema(t)
	s.cache.Store(t, sc)
	return sc
}

func newSchema(t reflect.Type) *schema {
	sc := &schema{byName: map[string]*field{}}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, ok := sf.Tag.Lookup("protobuf")
		if !ok {
			continue
		}
		sc.fields = append(sc.fields, parseTag(i, sf.Type, tag))
	}
	for i := range sc.fields {
		f := &sc.fields[i]
		if isDeprecated(t, f.name) {
			f.hasDef = false
		}
		sc.byName[f.name] = f
		sc.byNumber = append(sc.byNumber, f)
	}
	slices.SortFunc(sc.byNumber, func(a, b *field) int { return a.number - b.number })
	return sc
}

func parseTag(i int, t reflect.Type, tag string) field {
	f := field{index: i}
	parts := strings.Split(tag, ",")
	for k, p := range parts {
		switch {
		case k == 1:
			f.number, _ = strconv.Atoi(p)
		case p == "req":
			f.required = true
		case p == "rep":
			f.repeated = true
		case strings.HasPrefix(p, "name="):
			f.name = p[len("name="):]
		case strings.HasPrefix(p, "enum="):
			f.enum = p[len("enum="):]
		case strings.HasPrefix(p, "def="):
			f.def, f.hasDef = p[len("def="):], true
		}
	}
	if f.repeated && t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	f.elem = t
	return f
}

// isDeprecated reports whether Mesos does not write the default of a field because
// the .proto file marks it deprecated, which the struct tags do not say.
func isDeprecated(t reflect.Type, name string) bool {
	return name == "role" && (t.Name() == "FrameworkInfo" || t.Name() == "Resource")
}

// enumName returns the name of an enum value, and whether it has one. Names
// that are newer than mesos-go are added here.
func enumName(enum string, n int32) (string, bool) {
	for name, v := range enumValues(enum) {
		if v == n {
			return name, true
		}
	}
	return "", false
}

func enumValue(enum, name string) (int32, bool) {
	v, ok := enumValues(enum)[name]
	return v, ok
}

// QuotaV2 is MasterInfo.Capability.QUOTA_V2, which mesos-go does not have.
const QuotaV2 = 3

func enumValues(enum string) map[string]int32 {
	if enum == "mesos.MasterInfo_Capability_Type" {
		return map[string]int32{"UNKNOWN": 0, "AGENT_UPDATE": 1, "AGENT_DRAINING": 2, "QUOTA_V2": QuotaV2}
	}
	return proto.EnumValueMap(enum)
}
