package exact

import (
	"fmt"
	"reflect"
	"strconv"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// reference is something that may be pointed to more than once. The type is in it, since a
// struct is where its first field is.
type reference struct {
	typ reflect.Type
	at  unsafe.Pointer
}

// writer knows what was written already.
type writer struct {
	*jsontext.Encoder
	seen map[reference]uint64
}

// again writes the number of what was written before, and reports whether it was.
func (w *writer) again(what reference) (bool, error) {
	n, seen := w.seen[what]
	if !seen {
		w.seen[what] = uint64(len(w.seen))
		return false, nil
	}
	return true, w.WriteToken(jsontext.Uint(n))
}

// reader knows what was read already.
type reader struct {
	*jsontext.Decoder
	seen []*seen
}

type seen struct {
	what reflect.Value
	done bool
}

// begin numbers what is read now. It can be gone back to once done is called.
func (r *reader) begin(what reflect.Value) (done func()) {
	one := &seen{what: what}
	r.seen = append(r.seen, one)
	return func() { one.done = true }
}

// back reads a number, and gives what it stands for.
func (r *reader) back(to reflect.Value) error {
	raw, err := r.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		return err
	}
	if n >= uint64(len(r.seen)) || !r.seen[n].done || r.seen[n].what.Type() != to.Type() {
		return fmt.Errorf("%d is no %s", n, to.Type())
	}
	to.Set(r.seen[n].what)
	return nil
}

func (r *reader) number() (jsontext.Value, error) {
	if k := r.PeekKind(); k != '0' {
		return nil, r.wrong(k, "a number")
	}
	return r.ReadValue()
}

func (r *reader) string() (string, error) {
	if k := r.PeekKind(); k != '"' {
		return "", r.wrong(k, "a text")
	}
	tok, err := r.ReadToken()
	if err != nil {
		return "", err
	}
	return tok.String(), nil
}

func (r *reader) expect(kind jsontext.Kind) error {
	if k := r.PeekKind(); k != kind {
		return r.wrong(k, kind.String())
	}
	_, err := r.ReadToken()
	return err
}

// wrong says that something else comes than what was written, or what keeps it from coming.
func (r *reader) wrong(k jsontext.Kind, want string) error {
	if k == 0 {
		if _, err := r.ReadToken(); err != nil {
			return err
		}
	}
	return unexpected(k, want)
}

func unexpected(k jsontext.Kind, want string) error {
	return fmt.Errorf("%s in the place of %s", k, want)
}
