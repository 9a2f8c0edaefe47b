// Package servertls is the TLS of a server whose certificate, key and authorities are
// files: they are read anew when they change, and connections that are open stay so. What
// cannot be used is told, and what was there before goes on.
package servertls
