package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/job"
)

// Labels of a group that say how its tasks behave, here and on simulated executors.
const (
	LabelRunFor   = "sim.run_for"   // a duration; absent means for ever
	LabelExitCode = "sim.exit_code" // what it ends with; 0 if absent
	// LabelUnlaunchable says that the client cannot put the task in Mesos' terms.
	LabelUnlaunchable = "sim.unlaunchable"
)

// Service is a job that runs until it is stopped.
func Service(id string, replicas uint32) *job.Spec {
	return &job.Spec{ID: id, Tasks: []job.Group{{
		Role: "web", Replicas: replicas, Container: &job.Container{Image: "x"}, Resources: &job.Resources{CPU: 0.5, Memory: 64},
	}}}
}

// Crashing is one whose tasks fail again and again, after a while.
func Crashing(id string, replicas uint32, after time.Duration) *job.Spec {
	s := Service(id, replicas)
	s.Tasks[0].Labels = map[string]string{LabelRunFor: after.String(), LabelExitCode: "1"}
	return s
}

// Batch is one that ends by itself, with three tasks.
func Batch(id string) *job.Spec {
	s := Service(id, 3)
	s.Kind = job.KindBatch
	s.Tasks[0].Labels = map[string]string{LabelRunFor: "5s"}
	return s
}
