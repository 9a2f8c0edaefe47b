package exact

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Codec writes and reads values of one type.
type Codec[T any] struct {
	root  *plan
	shape string
}

// New returns a codec that leaves out the fields that are derived from others, each named as
// "package.Type.field". It fails with ErrType, also for a field that there is not.
func New[T any](derived ...string) (*Codec[T], error) {
	p := planner{derived: map[string]bool{}, plans: map[reflect.Type]*plan{}}
	for _, name := range derived {
		p.derived[name] = true
	}
	root, err := p.plan(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	for name := range p.derived {
		return nil, fmt.Errorf("%w: there is no %s", ErrType, name)
	}
	return &Codec[T]{root: root, shape: p.shape.String()}, nil
}

// Shape tells all that is written, by type: a line for each field, and whether it is derived.
func (c *Codec[T]) Shape() string { return c.shape }

// Encode writes a value. It fails with ErrValue.
func (c *Codec[T]) Encode(v *T) ([]byte, error) {
	var b bytes.Buffer
	w := writer{Encoder: jsontext.NewEncoder(&b), seen: map[reference]uint64{}}
	if err := c.root.encode(&w, reflect.ValueOf(v).Elem()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote. It fails with ErrMalformed.
func (c *Codec[T]) Decode(data []byte) (*T, error) {
	b := bytes.NewBuffer(data)
	r := reader{Decoder: jsontext.NewDecoder(b)}
	v := new(T)
	err := c.root.decode(&r, reflect.ValueOf(v).Elem())
	if err == nil {
		if _, more := r.ReadToken(); more == nil || len(bytes.TrimSpace(r.UnreadBuffer())) > 0 {
			err = errors.New("something follows")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: at byte %d: %w", ErrMalformed, r.InputOffset(), err)
	}
	return v, nil
}

// plan is how values of a type are written and read. Those that it is given can be changed.
type plan struct {
	encode func(w *writer, v reflect.Value) error
	decode func(r *reader, v reflect.Value) error
}

// planner makes the plans of a type and of all that is in it.
type planner struct {
	derived map[string]bool // without those that were met
	plans   map[reflect.Type]*plan
	shape   strings.Builder
}

func (p *planner) plan(t reflect.Type) (*plan, error) {
	if known := p.plans[t]; known != nil {
		return known, nil
	}
	made := &plan{}
	p.plans[t] = made
	one, err := p.make(t)
	if err != nil {
		return nil, err
	}
	*made = one
	return made, nil
}

func (p *planner) make(t reflect.Type) (plan, error) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return plan{writeTime, readTime}, nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return plan{writeBytes, readBytes}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return plan{writeBool, readBool}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return plan{writeInt, readInt}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return plan{writeUint, readUint}, nil
	case reflect.Float64:
		return plan{writeFloat, readFloat}, nil
	case reflect.String:
		return plan{writeString, readString}, nil
	case reflect.Slice:
		return p.list(t)
	case reflect.Array:
		return p.array(t)
	case reflect.Map:
		return p.mapping(t)
	case reflect.Pointer:
		return p.pointer(t)
	case reflect.Struct:
		return p.structure(t)
	default:
	}
	return plan{}, fmt.Errorf("%w: %s", ErrType, t)
}
