package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/service"
)

// TestNATSIsElsewhere: who has a dev that is not found is told how to name it.
func TestNATSIsElsewhere(t *testing.T) {
	for _, tt := range []struct {
		err  error
		told bool
	}{
		{fmt.Errorf("%w: nothing there", service.ErrUnreachable), true},
		{errors.New("denied"), false},
	} {
		var told strings.Builder
		complain(&told, tt.err, source{})
		if strings.Contains(told.String(), "--data DIR") != tt.told {
			t.Errorf("%v: told %q", tt.err, &told)
		}
	}
}
