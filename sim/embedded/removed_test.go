package embedded_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestEmbeddedFrameworkRemoved: no launcher was subscribed for longer than the
// failover timeout, so Mesos has killed all tasks and takes the framework's id no
// more. Nothing is started again behind the operator's back; a launcher that may
// register anew starts what is wanted, and so does a master that was restarted.
func TestEmbeddedFrameworkRemoved(t *testing.T) {
	for name, mend := range map[string]func(*testing.T, *embedded.World){
		"register anew": func(_ *testing.T, w *embedded.World) {
			w.RegisterAnew()
			w.Start("launcher")
		},
		"restart the master": func(t *testing.T, w *embedded.World) {
			w.Start("launcher")
			w.Cluster.KillMaster()
			time.Sleep(time.Second)
			must(t, w.Cluster.StartMaster())
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := rig(t, 1, 2, zerolog.Nop())
				defer w.Close()
				w.FailoverTimeout(time.Minute)
				w.Start("planner")
				w.Start("reaper")
				first := w.Start("launcher")
				must(t, w.Submit(world.Service("web", 3)))
				time.Sleep(time.Minute)
				first.Kill()
				time.Sleep(10 * time.Minute)
				second := w.Start("launcher")
				time.Sleep(10 * time.Minute)
				if n := len(w.Alive()); n != 0 || w.Launches() != 3 {
					t.Errorf("%d alive of %d launched, want none of the three", n, w.Launches())
				}
				second.Kill()
				mend(t, w)
				time.Sleep(10 * time.Minute)
				d, err := w.Disagreements()
				must(t, err)
				if all := append(w.Violations(), d...); len(all) > 0 || w.Launches() != 6 {
					t.Errorf("%d launched, want six\n%s\n%s", w.Launches(), strings.Join(all, "\n"), w.Story())
				}
			})
		})
	}
}
