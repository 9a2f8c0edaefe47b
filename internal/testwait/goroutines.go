package testwait

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, and ends the process with their status, or with 1
// if goroutines outlive them. A TestMain calls it as its last act.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run runs tests, and returns their status, or 1 if goroutines outlive them. Of
// itself goleak gives goroutines half a second to end, which they need not get on
// a busy machine.
func Run(m goleak.TestingM) int {
	status := m.Run()
	if status != 0 {
		return status
	}
	if err := outliving(); err != nil {
		fmt.Fprintf(os.Stderr, "goroutines outlive the tests: %v\n", err)
		return 1
	}
	return 0
}

// NoGoroutines fails a test if goroutines outlive what it did, but for those that
// the options leave out.
func NoGoroutines(t testing.TB, options ...goleak.Option) {
	t.Helper()
	if err := outliving(options...); err != nil {
		t.Error(err)
	}
}

// outliving returns what goroutines there are once Patience is over.
func outliving(options ...goleak.Option) error {
	for deadline := time.Now().Add(Patience); ; {
		err := goleak.Find(options...)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
