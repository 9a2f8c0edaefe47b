package command_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/command"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"3secs": 3 * time.Second, "100ms": 100 * time.Millisecond, "10mins": 10 * time.Minute, "1.5hrs": 90 * time.Minute,
		"1weeks": 7 * 24 * time.Hour, "2days": 48 * time.Hour, "5us": 5 * time.Microsecond, "7ns": 7, "1m30s": 90 * time.Second,
	} {
		if got, err := command.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "secs", "3", "x3secs", "3 weeks of"} {
		if _, err := command.ParseDuration(text); !errors.Is(err, command.ErrDuration) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
