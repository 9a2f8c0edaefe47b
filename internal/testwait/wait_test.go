package testwait_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// probe is a test that may fail without harm.
type probe struct {
	testing.TB
	failed bool
}

func (*probe) Helper() {}

func (p *probe) Fatalf(string, ...any) {
	p.failed = true
	runtime.Goexit()
}

// try runs wait as a test of its own, and reports whether it went on and how long
// it took.
func try(wait func(t testing.TB)) (wentOn bool, took time.Duration) {
	began, p := time.Now(), &probe{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		wait(p)
		wentOn = true
	}()
	<-ended
	return wentOn && !p.failed, time.Since(began)
}

func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		late := func() bool { return time.Since(from) >= testwait.Patience/2 }
		if ok, took := try(func(t testing.TB) { testwait.Until(t, "it is late", late) }); !ok || took != testwait.Patience/2 {
			t.Errorf("a condition that holds later: went on %v after %s", ok, took)
		}
		never := func() bool { return false }
		if ok, took := try(func(t testing.TB) { testwait.Until(t, "never", never) }); ok || took < testwait.Patience {
			t.Errorf("a condition that never holds: went on %v after %s", ok, took)
		}
	})
}

func TestReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan int)
		time.AfterFunc(testwait.Patience/2, func() { c <- 7 })
		if ok, _ := try(func(t testing.TB) {
			if got, open := testwait.Receive(t, "seven", c); got != 7 || !open {
				panic(got)
			}
		}); !ok {
			t.Error("what comes later is not received")
		}
		if ok, took := try(func(t testing.TB) { testwait.Receive(t, "nothing", c) }); ok || took != testwait.Patience {
			t.Errorf("what never comes: went on %v after %s", ok, took)
		}
		close(c)
		if ok, _ := try(func(t testing.TB) {
			if _, open := testwait.Receive(t, "the end", c); open {
				panic("open")
			}
		}); !ok {
			t.Error("a closed channel is waited for")
		}
	})
}
