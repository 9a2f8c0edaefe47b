package allinone

import (
	"net"
	"testing"
)

// takenAddress is one that somebody listens on until the test ends.
func takenAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
