package web_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/services/api/web"
)

// TestTurnstile: as many are in as may be, of each client and in all, and who has left is
// forgotten: addresses have no end.
func TestTurnstile(t *testing.T) {
	turnstile := web.NewTurnstile(web.Bound{What: "feeds", All: 3, Each: 2, AllSetting: "--all", EachSetting: "--each"})
	enter := func(client string, full, own bool) func() {
		t.Helper()
		leave, err := turnstile.Enter(client)
		var crowded *web.CrowdedError
		if errors.As(err, &crowded) != full || full && crowded.Own != own {
			t.Fatalf("%s: %v", client, err)
		}
		return leave
	}
	leave := []func(){enter("a", false, false), enter("a", false, false), enter("b", false, false)}
	enter("a", true, true)
	enter("c", true, false)
	leave[0]()
	leave[0] = enter("c", false, false)
	for _, f := range leave {
		f()
	}
	for n := range 1000 {
		enter(fmt.Sprint(n), false, false)()
	}
	if n := turnstile.Clients(); n != 0 {
		t.Errorf("%d clients are remembered", n)
	}
}
