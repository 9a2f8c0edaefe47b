package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/secrettest"
)

// TestValueIsNeverWritten: whatever prints, encodes or logs a value, or what it is in, writes nothing of it.
func TestValueIsNeverWritten(t *testing.T) {
	type Public struct{ V secret.Value }
	type hidden struct{ v secret.Value }
	v := secret.NewValue([]byte(secrettest.Planted))
	var out bytes.Buffer
	for _, what := range []any{v, &v, Public{v}, &Public{v}, hidden{v}, &hidden{v}, []secret.Value{v}, map[string]secret.Value{"a": v}, map[string]*hidden{"a": {v}}} {
		for verb := range strings.SplitSeq("v +v #v s q x X d c U b o t p T e", " ") {
			fmt.Fprintf(&out, "%"+verb+"\n", what)
		}
		fmt.Fprintln(&out, errors.Join(fmt.Errorf("%v", what)))
		if b, err := json.Marshal(what); err == nil {
			out.Write(b)
		}
		if b, err := jsonv2.Marshal(what); err == nil {
			out.Write(b)
		}
		if b, err := xml.Marshal(what); err == nil {
			out.Write(b)
		}
		_ = gob.NewEncoder(&out).Encode(what)
		logger := zerolog.New(&out)
		logger.Info().Interface("a", what).Any("b", what).Msgf("%v", what)
		slog.New(slog.NewTextHandler(&out, nil)).Info("a", "b", what)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("a", "b", what)
	}
	logger := zerolog.New(&out)
	logger.Info().Stringer("a", v).Msg("")
	if out.Len() == 0 || secrettest.Holds(out.Bytes(), secrettest.Planted) || strings.Contains(out.String(), "p1anted") {
		t.Errorf("the secret is in\n%s", out.String())
	}
}

// TestWipe: nothing of a value is left, and its clones stay.
func TestWipe(t *testing.T) {
	v := secret.NewValue([]byte("abc"))
	clone, bytes := v.Clone(), v.Bytes()
	v.Wipe()
	if string(bytes) != "\x00\x00\x00" || string(clone.Bytes()) != "abc" {
		t.Errorf("%q, the clone %q", bytes, clone.Bytes())
	}
	secret.Value{}.Wipe()
}

// TestLine: one end of line goes.
func TestLine(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", "a\r": "a\r", "\n": "", "a\nb": "a\nb"} {
		if got := secret.NewValue([]byte(text)).Line(); string(got) != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestHolds finds a secret however it is written, with anything around it.
func TestHolds(t *testing.T) {
	for _, form := range secrettest.Forms(secrettest.Planted) {
		if len(form) < 12 {
			t.Errorf("%q would be found where there is none", form)
		}
	}
	around := map[string]string{"user": "x", "password": secrettest.Planted, "z": "y"}
	plain, _ := json.Marshal(around)
	bytesIn, _ := json.Marshal(map[string][]byte{"a": []byte("ab" + secrettest.Planted), "b": []byte("x")})
	for _, text := range [][]byte{plain, bytesIn, fmt.Appendf(nil, "%q", secrettest.Planted), fmt.Appendf(nil, "%v", []byte(secrettest.Planted))} {
		if !secrettest.Holds(text, secrettest.Planted) {
			t.Errorf("not found in %s", text)
		}
	}
	if secrettest.Holds([]byte("planted secret"), secrettest.Planted) {
		t.Error("found where it is not")
	}
}

// TestTold: of an error that is no Error only the kind is told.
func TestTold(t *testing.T) {
	for _, kind := range []error{secret.ErrMissing, secret.ErrForbidden, secret.ErrUnavailable} {
		told := secret.Told(fmt.Errorf("%w: %s", kind, secrettest.Planted))
		if !errors.Is(told, kind) || secrettest.Holds([]byte(told.Error()), secrettest.Planted) {
			t.Errorf("%v: %v", kind, told)
		}
	}
	if told := secret.Told(errors.New(secrettest.Planted)); !errors.Is(told, secret.ErrUnavailable) || secrettest.Holds([]byte(told.Error()), secrettest.Planted) {
		t.Errorf("%v", told)
	}
}
