package planning_test

import (
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestScripts plays testdata: "usage: full" and "usage: free" say how the log is.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state, space := cluster.New(), events.NewSpace(0)
		m := planning.New(space, "one", state)
		return script.Rig{
			Machine: m, State: state, Space: space, Source: m.Source(),
			Input: func(l *script.Line, _ core.Moment) (core.Input, error) {
				if l.Name != "usage" {
					return nil, errors.New("no such line")
				}
				u := planning.Usage{Bytes: 10 << 20, MaxBytes: 100 << 20}
				if l.Word() == "full" {
					u.Bytes = 95 << 20
				}
				return u, nil
			},
		}
	})
}
