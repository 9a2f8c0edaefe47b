// Package gate lets those who share a key through one at a time.
package gate
