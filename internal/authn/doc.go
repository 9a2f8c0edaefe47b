// Package authn finds out who asks: it is what reads headers, secrets and certificates, so
// that package access need only decide about principals.
//
// A token is "taurus_<id>_<secret>", both in hexadecimal digits. The id says where in the
// folded state to look, and is no secret. The secret is 256 random bits; the log has its
// SHA-256, which is not slow on purpose: that is for what people choose, and nobody guesses
// 256 bits.
package authn
