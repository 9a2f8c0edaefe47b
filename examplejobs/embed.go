// Package examplejobs holds jobs to try, and to learn the job file from. The
// first two are the original taurus' own, unchanged.
package examplejobs

import _ "embed"

// job is what `taurus demo` submits.
//
//go:embed job.json
var job []byte

// Job returns the original's example job: four web servers.
func Job() []byte { return append([]byte(nil), job...) }
