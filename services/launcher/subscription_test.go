package launcher

import "testing"

// closable is a subscription that can only be closed.
type closable struct {
	Subscription
	closed bool
}

func (c *closable) Close() { c.closed = true }

// TestSubscriptionsOfALauncherThatLeft: one that Mesos grants when nobody will ask for it
// any more is closed, as is one that waits; one that was taken is its taker's.
func TestSubscriptionsOfALauncherThatLeft(t *testing.T) {
	var s subscriptions
	waits, used, late := &closable{}, &closable{}, &closable{}
	s.add(1, waits)
	s.add(2, used)
	if got := s.remove(2); got != used {
		t.Fatalf("got %v", got)
	}
	s.leave()
	s.add(3, late)
	if !waits.closed || used.closed || !late.closed {
		t.Errorf("closed: the one that waits %t, the one in use %t, the late one %t", waits.closed, used.closed, late.closed)
	}
}
