// Package embedded runs the embedded Mesos as processes, for development and
// tests. It is apart from package wiring so that the services do not carry a
// Mesos and a Docker client with them.
package embedded
