package secret

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Masked is what a Value prints as.
const Masked = "[secret]"

// Value is a secret in memory. Copies of it share that memory. The zero one is empty.
type Value struct {
	// held is a function since no printer, encoder or comparison by reflection looks into one, even where the
	// value is in a field that they cannot call a method of.
	held func() []byte
}

// NewValue takes over the bytes of a secret: nobody else may keep or change them.
func NewValue(data []byte) Value { return Value{held: func() []byte { return data }} }

// Bytes are the secret itself, valid until it is wiped.
func (v Value) Bytes() []byte {
	if v.held == nil {
		return nil
	}
	return v.held()
}

// Line is the secret without the end of line that editors, and echo, put behind it: a
// variable has none.
func (v Value) Line() []byte {
	line := bytes.TrimSuffix(v.Bytes(), []byte("\n"))
	if len(line) < len(v.Bytes()) {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	return line
}

// Clone is a copy with memory of its own.
func (v Value) Clone() Value { return NewValue(slices.Clone(v.Bytes())) }

// Wipe overwrites the secret with zeros.
func (v Value) Wipe() { clear(v.Bytes()) }

// Format prints no secret, whatever the verb.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Masked) }

// String says that it is a secret.
func (Value) String() string { return Masked }

// GoString says that it is a secret.
func (Value) GoString() string { return Masked }

// MarshalJSON says that it is a secret.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Masked + `"`), nil }

// MarshalText says that it is a secret.
func (Value) MarshalText() ([]byte, error) { return []byte(Masked), nil }

// MarshalBinary says that it is a secret.
func (Value) MarshalBinary() ([]byte, error) { return []byte(Masked), nil }

// LogValue says that it is a secret.
func (Value) LogValue() slog.Value { return slog.StringValue(Masked) }
