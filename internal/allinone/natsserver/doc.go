// Package natsserver runs a nats-server with JetStream inside this process, for
// taurus on one machine: demo, dev and Compose. A cluster of three runs the
// server's own program instead; taurus does not mind which.
//
// The log is the only truth, so every append is synced to disk before it is
// acknowledged (sync_interval: always). After kill -9 or a power failure the
// server finds all that was acknowledged. When the server ends by itself, so
// does Run, with an error.
package natsserver
