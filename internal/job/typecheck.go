package job

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// typeCheck collects the values of a wrong type while a document is decoded,
// so that all of them are reported and not only the first.
type typeCheck struct {
	faults Faults
	// written is what the document was made of.
	written written
}

// unmarshalers reads every type of a spec, recording what does not fit.
func (t *typeCheck) unmarshalers() *json.Unmarshalers {
	const (
		object = "must be an object in braces"
		list   = "must be a list in brackets"
	)
	return json.JoinUnmarshalers(
		json.UnmarshalFromFunc(t.whole),
		json.UnmarshalFromFunc(t.signed),
		json.UnmarshalFromFunc(t.number),
		json.UnmarshalFromFunc(t.duration),
		json.UnmarshalFromFunc(t.patience),
		json.UnmarshalFromFunc(t.command),
		json.UnmarshalFromFunc(t.amount),
		json.UnmarshalFromFunc(t.lines),
		json.UnmarshalFromFunc(t.text),
		json.UnmarshalFromFunc(t.success),
		json.UnmarshalFromFunc(t.variable),
		expect[Kind](t, '"', `must be the string "service", "batch" or "periodic"`),
		json.UnmarshalFromFunc(t.boolean),
		json.UnmarshalFromFunc(t.document),
		expect[map[string]string](t, '{', "must be an object of strings"),
		expect[map[string]Variable](t, '{', "must be an object of strings"),
		expect[SecretFile](t, '{', object), expect[SecretRef](t, '{', `must be an object such as {"secret": "registry/pull"}`), expect[[]SecretFile](t, '[', list),
		expect[Group](t, '{', object), expect[[]Group](t, '[', list),
		expect[Container](t, '{', object),
		expect[Volume](t, '{', object), expect[[]Volume](t, '[', list),
		expect[Parameter](t, '{', object), expect[[]Parameter](t, '[', list),
		expect[Resources](t, '{', object),
		expect[Port](t, '{', object), expect[[]Port](t, '[', list),
		expect[HealthCheck](t, '{', object),
		expect[Constraint](t, '{', object), expect[[]Constraint](t, '[', list),
		expect[Affinity](t, '{', object), expect[[]Affinity](t, '[', list),
		expect[Spread](t, '{', object), expect[[]Spread](t, '[', list),
		expect[map[string]uint32](t, '{', "must be an object of whole numbers"),
		expect[Restart](t, '{', object),
		expect[Rollout](t, '{', object), expect[[]string](t, '[', "must be a list of strings in brackets"),
		expect[URI](t, '{', object), expect[[]URI](t, '[', list),
		expect[Unreachable](t, '{', object),
		expect[BeforeKill](t, '{', object),
		expect[Schedule](t, '{', object), expect[Dispatch](t, '{', object),
		expect[DispatchParameter](t, '{', object), expect[map[string]DispatchParameter](t, '{', "must be an object of parameters"),
	)
}

// expect lets values of one kind, and null, through to the JSON package and
// records the others.
func expect[T any](t *typeCheck, kind jsontext.Kind, message string) *json.Unmarshalers {
	return json.UnmarshalFromFunc(func(dec *jsontext.Decoder, _ *T) error {
		switch dec.PeekKind() {
		case kind, 'n', jsontext.KindInvalid:
			return errors.ErrUnsupported
		}
		return t.refuse(dec, message)
	})
}

// document lets only an object through: null is no job.
func (t *typeCheck) document(dec *jsontext.Decoder, _ *document) error {
	switch dec.PeekKind() {
	case '{', jsontext.KindInvalid:
		return errors.ErrUnsupported
	}
	return t.refuse(dec, "a job must be an object in braces")
}

// refuse skips the value that comes next and records it as a fault.
func (t *typeCheck) refuse(dec *jsontext.Decoder, message string) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	t.record(dec, value, message)
	return nil
}

// record notes a fault of the value just read.
func (t *typeCheck) record(dec *jsontext.Decoder, value jsontext.Value, message string) {
	if t.faults.full() {
		return
	}
	t.add(dec, value, message+", not "+excerpt(t.word(dec, value)))
}

// add notes a fault of the value just read, in words that are whole.
func (t *typeCheck) add(dec *jsontext.Decoder, value jsontext.Value, message string) {
	t.faults.add(Fault{
		Path: pointerPath(dec.StackPointer()), Message: message,
		Line: t.written.line(dec.InputOffset() - int64(len(value))),
	})
}

// word is the value just read as its author wrote it: 0022, where YAML made 18 of it.
func (t *typeCheck) word(dec *jsontext.Decoder, value jsontext.Value) string {
	if word := t.written.word(dec.InputOffset() - int64(len(value))); word != "" {
		return word
	}
	return string(value)
}

// text lets strings through.
func (t *typeCheck) text(dec *jsontext.Decoder, _ *string) error {
	switch dec.PeekKind() {
	case '"', 'n', jsontext.KindInvalid:
		return errors.ErrUnsupported
	case '[', '{':
		return t.refuse(dec, "must be a string in quotes")
	}
	return t.unquoted(dec)
}

// variable reads a string, or a secret's name in an object.
func (t *typeCheck) variable(dec *jsontext.Decoder, into *Variable) error {
	*into = Variable{}
	switch dec.PeekKind() {
	case '"', 'n':
		return json.UnmarshalDecode(dec, &into.Value)
	case '{':
		return t.reference(dec, into)
	case '[':
		return t.refuse(dec, `must be a string in quotes, or a secret such as {"secret": "db/password"}`)
	case jsontext.KindInvalid:
		return errors.ErrUnsupported
	}
	return t.unquoted(dec)
}

// reference reads the name of a secret, which must be there: without it the variable would be an empty one.
func (t *typeCheck) reference(dec *jsontext.Decoder, into *Variable) error {
	var r SecretRef
	before := len(t.faults)
	if err := json.UnmarshalDecode(dec, &r); err != nil {
		return err
	}
	if into.Secret = r.Secret; r.Secret == "" && len(t.faults) == before && !t.faults.full() {
		t.add(dec, nil, `names no secret; write one, such as {"secret": "db/password"}`)
	}
	return nil
}

// unquoted says how to write as a string what looks like a number or a word of the
// language.
func (t *typeCheck) unquoted(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil || t.faults.full() {
		return err
	}
	message := "must be a string; put it in quotes"
	if word := t.word(dec, value); len(word) <= maxExcerpt {
		message = "must be a string; write " + strconv.Quote(word)
	}
	t.add(dec, value, message)
	return nil
}

// whole reads a number without sign or fraction; 4.0 and 4e0 are whole.
func (t *typeCheck) whole(dec *jsontext.Decoder, into *uint32) error {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return err
	}
	n, ok := float(value)
	if !ok || n != math.Trunc(n) || n < 0 || n > math.MaxUint32 {
		t.record(dec, value, fmt.Sprintf("must be a whole number from 0 to %d", uint32(math.MaxUint32)))
		return nil
	}
	t.octal(dec, value)
	*into = uint32(n)
	return nil
}

// signed reads a number without fraction.
func (t *typeCheck) signed(dec *jsontext.Decoder, into *int32) error {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return err
	}
	n, ok := float(value)
	if !ok || n != math.Trunc(n) || n < math.MinInt32 || n > math.MaxInt32 {
		t.record(dec, value, "must be a whole number such as 50 or -50")
		return nil
	}
	t.octal(dec, value)
	*into = int32(n)
	return nil
}

// number reads a number that a float64 can hold.
func (t *typeCheck) number(dec *jsontext.Decoder, into *float64) error {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return err
	}
	n, ok := float(value)
	if !ok {
		t.record(dec, value, "must be a number such as 0.5")
		return nil
	}
	t.octal(dec, value)
	*into = n
	return nil
}

// float is the value of a number, if it is one that a float64 can hold.
func float(value jsontext.Value) (float64, bool) {
	n, err := strconv.ParseFloat(string(value), 64)
	return n, err == nil && value.Kind() == '0'
}

// boolean reads true or false.
func (t *typeCheck) boolean(dec *jsontext.Decoder, into *bool) error {
	switch dec.PeekKind() {
	case 't', 'f', 'n':
		token, err := dec.ReadToken()
		*into = err == nil && token.Kind() == 't'
		return err
	}
	value, err := dec.ReadValue()
	if err != nil || t.faults.full() {
		return err
	}
	switch strings.ToLower(strings.Trim(t.word(dec, value), `"`)) {
	case "yes", "y", "on", "true":
		t.add(dec, value, "must be true or false, without quotes; write true")
	case "no", "n", "off", "false":
		t.add(dec, value, "must be true or false, without quotes; write false")
	default:
		t.record(dec, value, "must be true or false, without quotes")
	}
	return nil
}

// duration reads a string with units or a number of seconds.
func (t *typeCheck) duration(dec *jsontext.Decoder, into *Duration) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := into.UnmarshalJSON(value); err != nil {
		t.record(dec, value, `must be a duration such as "10s" or "1m30s", or a number of seconds`)
	} else {
		t.octal(dec, value)
	}
	return nil
}

// patience reads a duration, or the word never.
func (t *typeCheck) patience(dec *jsontext.Decoder, into *Patience) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := into.UnmarshalJSON(value); err != nil {
		t.record(dec, value, `must be a duration such as "10m", a number of seconds, or "never"`)
	}
	return nil
}

// amount reads a number of tasks or a share of them.
func (t *typeCheck) amount(dec *jsontext.Decoder, into *Amount) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := into.UnmarshalJSON(value); err != nil {
		t.record(dec, value, `must be a number of tasks, or a share of them such as "25%"`)
	}
	return nil
}

// lines reads one line as a string, or several as a list.
func (t *typeCheck) lines(dec *jsontext.Decoder, into *Lines) error {
	switch dec.PeekKind() {
	case '"':
		*into = Lines{""}
		return json.UnmarshalDecode(dec, &(*into)[0])
	case '[', 'n':
		return json.UnmarshalDecode(dec, (*[]string)(into))
	case jsontext.KindInvalid:
		return errors.ErrUnsupported
	}
	return t.refuse(dec, `must be a string such as "30 2 * * *", or a list of such`)
}

// command reads a shell line or a list of arguments.
func (t *typeCheck) command(dec *jsontext.Decoder, into *Command) error {
	switch dec.PeekKind() {
	case '"':
		return json.UnmarshalDecode(dec, &into.Shell)
	case '[', 'n':
		return json.UnmarshalDecode(dec, &into.Args)
	case jsontext.KindInvalid:
		return errors.ErrUnsupported
	}
	return t.refuse(dec, `must be a list of arguments such as ["sleep", "60"], or a shell line as a string`)
}

// octal refuses a number that some read as octal and others do not: 0100 is 64 to the
// YAML of old, and 100 to that of today and to most people.
func (t *typeCheck) octal(dec *jsontext.Decoder, value jsontext.Value) {
	word := t.word(dec, value)
	if len(word) < 2 || word[0] != '0' || strings.Trim(word, "01234567") != "" {
		return
	}
	if decimal := strings.TrimLeft(word, "0"); decimal != "" && decimal != string(value) {
		t.add(dec, value, fmt.Sprintf("%s is %s to who takes it as octal; write %s or %s", excerpt(word), value, value, excerpt(decimal)))
	}
}
