// Package scheduler holds what passes between a framework and Mesos by the
// scheduler API, as plain values free of the wire format: what is launched, what
// is reported, what is asked about.
package scheduler
