package script

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// writer writes effects as lines.
type writer struct {
	start, now time.Time
	source     string
}

// effect is an effect in one line or more. Those that are not known are written
// field by field, without the empty ones.
func (w writer) effect(e machine.Effect) []string {
	switch e := e.(type) {
	case machine.Append:
		lines := []string{"append: " + strconv.FormatUint(e.Ticket, 10)}
		for _, d := range e.Drafts {
			lines = append(lines, "  "+w.draftText(d))
		}
		return lines
	case machine.Note:
		line := "note: " + e.Level.String() + " " + strconv.Quote(e.Message)
		e.Level, e.Message = 0, ""
		fields := e.Fields
		e.Fields = nil
		line += w.fields(reflect.ValueOf(e))
		for _, f := range fields {
			line += " " + f.Key + "=" + w.value(reflect.ValueOf(f.Value))
		}
		return []string{line}
	}
	v := reflect.ValueOf(e)
	return []string{kebab(v.Type().Name()) + ":" + w.fields(v)}
}

func (w writer) fields(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return " " + w.value(v)
	}
	text := ""
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && !v.Field(i).IsZero() {
			text += " " + kebab(v.Type().Field(i).Name) + "=" + w.value(v.Field(i))
		}
	}
	return text
}

// value writes a value so that it is one word of a line.
func (w writer) value(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return w.timeText(x)
	case events.Event:
		return "{" + eventText(x) + "}"
	case machine.Draft:
		return "{" + w.draftText(x) + "}"
	case error:
		return strconv.Quote(x.Error())
	case fmt.Stringer:
		return word(x.String())
	case []byte:
		return word(string(x))
	}
	switch v.Kind() {
	case reflect.String:
		return word(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return w.value(v.Elem())
	case reflect.Struct:
		return "{" + strings.TrimPrefix(w.fields(v), " ") + "}"
	case reflect.Slice, reflect.Array:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, w.value(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Map:
		var parts []string
		for _, k := range v.MapKeys() {
			parts = append(parts, w.value(k)+":"+w.value(v.MapIndex(k)))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	default:
		return fmt.Sprint(v.Interface())
	}
}

// timeText is a time from the start on.
func (w writer) timeText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := t.Sub(w.start)
	if d < 0 {
		return d.String()
	}
	return "+" + d.String()
}

// word quotes what is not one word.
func word(s string) string {
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"=[]{}`, r)
	}
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

// kebab is a Go name as the word of a script: AskUsage is ask-usage.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := unicode.IsUpper(r) && i > 0 &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
