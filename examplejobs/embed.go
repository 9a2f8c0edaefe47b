package examplejobs

import _ "embed"

// job is what `taurus demo` submits.
//
//go:embed job.json
var job []byte

// Job returns the original's example job: four web servers.
func Job() []byte { return append([]byte(nil), job...) }
