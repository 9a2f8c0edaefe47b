// Package natstest runs NATS servers with JetStream inside a test: one, or a
// cluster of three, on free loopback ports, with sync_interval always as in
// production. Servers can be stopped and started again on their port and data;
// as a Process they can be killed with SIGKILL.
package natstest
