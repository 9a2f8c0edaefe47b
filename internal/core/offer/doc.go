// Package offer holds what taurus knows of a Mesos offer: plain values that
// placement reasons about, free of the wire format.
package offer
