package allinone

import "testing"

// TestAPIsAreWhereTheyCanBeReached has one that listens on every interface.
func TestAPIsAreWhereTheyCanBeReached(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:8080":   "http://127.0.0.1:8080",
		"[::]:8080":      "http://127.0.0.1:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"10.1.2.3:80":    "http://10.1.2.3:80",
	} {
		e := collect([]Running{{Role: RoleAPI, Address: address}})
		if e.API[0] != want || e.Processes[0].Address != address {
			t.Errorf("%s: %+v, want %s", address, e, want)
		}
	}
}
