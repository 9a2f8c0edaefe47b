package testwait_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// suite is tests that end with a status.
type suite func() int

func (s suite) Run() int { return s() }

// Goroutines that take longer to end than goleak waits are no leak.
func TestGoroutinesThatAreSlowToEnd(t *testing.T) {
	slow := func() int {
		go time.Sleep(2 * time.Second)
		return 0
	}
	before := goleak.IgnoreCurrent()
	slow()
	if goleak.Find(before) == nil {
		t.Error("goleak waits longer than this test thinks")
	}
	testwait.NoGoroutines(t, before)
}

func TestRunKeepsTheStatus(t *testing.T) {
	if got := testwait.Run(suite(func() int { return 7 })); got != 7 {
		t.Errorf("status %d", got)
	}
}
