// Package engine is what the demo wants of a Docker Engine: whether there is one,
// an image to run, and the containers that its own agents started.
package engine
