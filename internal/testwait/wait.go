package testwait

import (
	"testing"
	"time"
)

// Patience bounds every wait.
const Patience = 3 * time.Minute

// interval is the pause between two looks.
const interval = 10 * time.Millisecond

// Until returns once the condition holds. When Patience is over it ends the test;
// what names the condition.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(interval) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain: %s", Patience, what)
		}
	}
}

// Receive returns what comes through a channel next, and whether it is open. When
// Patience is over it ends the test; what names the thing that does not come.
func Receive[T any](t testing.TB, what string, from <-chan T) (T, bool) {
	t.Helper()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case v, open := <-from:
		return v, open
	case <-timer.C:
		t.Fatalf("waited %s in vain: %s", Patience, what)
	}
	panic("unreachable")
}
