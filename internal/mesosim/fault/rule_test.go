package fault_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/fault"
)

func TestDecode(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"call":"ACCEPT","action":"lose_before"}`:                         true,
		`{"call":"*","action":"delay","for":"1.5s","chance":50,"times":3}`: true,
		`{"call":"ACCEPT","action":"reorder","after":"KILL"}`:              true,
		`{"event":"UPDATE","action":"duplicate","connection":"127.*"}`:     true,
		`{"agent":"host-1","action":"partition"}`:                          true,
		`{"agent":"host-1","action":"slow","for":"2s"}`:                    true,
		``:                                     false,
		`{}`:                                   false,
		`{"call":"ACCEPT"}`:                    false,
		`{"call":"ACCEPT","action":"explode"}`: false,
		`{"call":"ACCEPTS","action":"delay","for":"1s"}`:                 false,
		`{"call":"UNKNOWN","action":"lose_before"}`:                      false,
		`{"call":"ACCEPT","event":"UPDATE","action":"delay","for":"1s"}`: false,
		`{"call":"ACCEPT","action":"delay"}`:                             false,
		`{"call":"ACCEPT","action":"delay","for":"-1s"}`:                 false,
		`{"call":"ACCEPT","action":"delay","for":5}`:                     false,
		`{"call":"ACCEPT","action":"reorder"}`:                           false,
		`{"call":"ACCEPT","action":"duplicate"}`:                         false,
		`{"event":"OFFERED","action":"drop"}`:                            false,
		`{"event":"UPDATE","action":"lose_after"}`:                       false,
		`{"agent":"a","action":"drop"}`:                                  false,
		`{"agent":"[","action":"partition"}`:                             false,
		`{"call":"KILL","action":"lose_after","connection":"["}`:         false,
		`{"call":"KILL","action":"lose_after","chance":101}`:             false,
		`{"call":"KILL","action":"lose_after","times":-1}`:               false,
	} {
		_, err := fault.Decode([]byte(text))
		if (err == nil) != ok || err != nil && !errors.Is(err, fault.ErrRule) {
			t.Errorf("%s: %v, want accepted %t", text, err, ok)
		}
	}
}

// FuzzDecode: a rule that is taken is taken again as it is written.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"call":"ACCEPT","action":"reorder","after":"KILL","times":1}`))
	f.Add([]byte(`{"event":"*","action":"delay","for":"1.5s","connection":"127.0.0.1:*","chance":10}`))
	f.Add([]byte(`{"agent":"host-[0-9]","action":"slow","for":"2s"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rule, err := fault.Decode(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(rule)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := fault.Decode(again); err != nil || same != rule {
			t.Fatalf("%s became %+v, %v", again, same, err)
		}
	})
}
