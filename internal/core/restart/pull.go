package restart

import "strings"

// isPull reports whether a message of a launch that failed is about its image: of the
// docker containerizer, which says which command it ran, or of Mesos' own, which asks
// the registry for a manifest by itself.
func isPull(message string) bool {
	text := strings.ToLower(message)
	return strings.Contains(text, "failed to run '") && strings.Contains(text, " pull ") ||
		strings.Contains(text, "manifest") || strings.Contains(text, "failed to perform 'curl'")
}

// pullClass tells a registry that does not answer from one that does, and has no such
// image or does not give it. What is not known counts as the image's fault.
func pullClass(message string) Class {
	text := strings.ToLower(message)
	for _, sign := range registrySigns() {
		if strings.Contains(text, sign) {
			return RegistryDown
		}
	}
	return PullFailed
}

// registrySigns are what docker and curl say of a registry that is away, cannot be
// reached, or is too busy. "no such host" is not among them: the name is wrong.
func registrySigns() []string {
	return []string{
		"connection refused", "connection reset", "connection timed out", "i/o timeout", "client.timeout exceeded",
		"context deadline exceeded", "handshake timeout", "request canceled", "network is unreachable", "no route to host",
		"server misbehaving", "temporary failure in name resolution", "unexpected eof", ": eof", "toomanyrequests",
		"too many requests", "500 internal server error", "502 bad gateway", "503 service unavailable", "504 gateway",
		"failed to connect to", "operation timed out",
	}
}
