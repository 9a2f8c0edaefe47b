//go:build !linux

package natsserver_test

// child does nothing where there are no mount namespaces.
func child() {}
