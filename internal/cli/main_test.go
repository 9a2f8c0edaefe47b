package cli_test

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"taurus": taurus})
}

// leakless fails when goroutines outlive the tests.
type leakless struct{ m *testing.M }

func (l leakless) Run() int { return testwait.Run(l.m) }

// present is the scripts' present, ten minutes after the log begins.
func present() time.Time { return past().Add(10 * time.Minute) }

func past() time.Time { return time.Date(2026, time.January, 2, 15, 0, 0, 0, time.UTC) }

// taurus is the command line in the scripts' present.
func taurus() {
	a := cli.NewApp()
	a.Now = present
	a.AskPatience = testwait.Patience
	a.Terminal, a.ErrTerminal = os.Getenv("TERMINAL") != "", os.Getenv("ERR_TERMINAL") != ""
	os.Exit(a.Main(os.Args[1:]))
}
