package submission_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestScaleAGang: a gang that has grown has its bound, too.
func TestScaleAGang(t *testing.T) {
	s := &job.Spec{ID: "mpi", Kind: job.KindBatch, Tasks: []job.Group{{Name: "g", Replicas: 2, Gang: true, Container: &job.Container{Image: "i"}}}}
	s.Normalise()
	j := &cluster.Job{ID: "mpi", Run: 1, Version: 1, Target: 1, Spec: s}
	for replicas, fault := range map[uint32]bool{500: false, 501: true} {
		_, err := submission.Decide(j, submission.Scale{Group: "g", Replicas: replicas, Limits: job.DefaultLimits()})
		if (err != nil) != fault || fault && !strings.Contains(err.Error(), "at most 500 tasks start all at once") {
			t.Errorf("to %d: %v", replicas, err)
		}
	}
}
