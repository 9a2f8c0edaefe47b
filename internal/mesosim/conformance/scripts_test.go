package conformance_test

// encoding looks at the bytes of the first events (check 19).
func encoding(*replay) {}
