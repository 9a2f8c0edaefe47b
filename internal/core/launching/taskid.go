package launching

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// taskIDMax is Mesos' limit of a task id in bytes
// (src/common/validation.cpp).
const taskIDMax = 255

// TaskID names an attempt for Mesos: the original's
// <job>-<role>-<environment> to be read by people, then run, slot and attempt,
// which make it unique for ever. Only cluster.State.TaskByID parses the end of it.
func TaskID(t *cluster.Task, g *job.Group) string {
	suffix := fmt.Sprintf("-%d-%d-%d", t.Run, t.Slot, t.Attempt)
	parts := []string{clean(t.Job)}
	for _, p := range []string{g.Role, g.Environment} {
		if p != "" {
			parts = append(parts, clean(p))
		}
	}
	prefix := strings.Join(parts, "-")
	return prefix[:min(len(prefix), taskIDMax-len(suffix))] + suffix
}

// clean keeps what is harmless in paths, URLs and container labels.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, s)
}
