package pause_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
)

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if err := pause.For(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited != time.Hour {
			t.Errorf("waited %s, want an hour", waited)
		}
	})
}

func TestForEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, cause)
		defer cancel()
		begin := time.Now()
		if err := pause.For(ctx, time.Hour); !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("waited %s, want a minute", waited)
		}
	})
}
