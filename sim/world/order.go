package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Tiers is a service of two groups: web starts once db is healthy, and ends before it.
func Tiers(id string, db, web uint32) *job.Spec {
	s := Service(id, db)
	s.Tasks[0].Name = "db"
	web2 := s.Tasks[0]
	web2.Name, web2.Replicas, web2.After = "front", web, []string{"db"}
	web2.Container = &job.Container{Image: "x"}
	web2.Resources = &job.Resources{CPU: 0.5, Memory: 64}
	s.Tasks = append(s.Tasks, web2)
	s.Tasks[0].HealthCheck = &job.HealthCheck{Command: "true"}
	return s
}

// Follower is a service that starts once another job is up.
func Follower(id, of string, replicas uint32) *job.Spec {
	s := Service(id, replicas)
	s.After = []string{of}
	return s
}

// upEnough reports whether a group is as those want it that start after it: all of a
// service is up, all of a batch has ended for good.
func upEnough(j *cluster.Job, g *job.Group) bool {
	n := uint32(0)
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run != j.Run || t.Group != g.Name {
				continue
			}
			ended := t.State == cluster.Finished || !t.Live() && t.Attempt >= g.Restart.Attempts
			if j.Spec.Kind != job.KindBatch && isUp(j, t) || j.Spec.Kind == job.KindBatch && ended {
				n++
				break
			}
		}
	}
	return n >= g.Replicas
}

// checkAfter: a group of which there are no tasks is started once all it comes after is up.
func (w *World) checkAfter(s seen, ev events.TasksPlanned) {
	j := s.job
	g := j.Group(ev.Group)
	if g == nil || len(ofGroup(j, g.Name)) > 0 {
		return
	}
	for _, name := range g.After {
		if of := j.Group(name); of != nil && !upEnough(j, of) {
			w.violate("%s starts group %s of %s, and %s is not up", s.name, g.Name, j.ID, name)
		}
	}
	for _, id := range j.Spec.After {
		if !jobUp(s.state.Jobs[id]) {
			w.violate("%s starts %s, and %s is not up", s.name, j.ID, id)
		}
	}
}

func jobUp(j *cluster.Job) bool {
	switch {
	case j == nil || j.Deleted || j.Run == 0:
		return false
	case j.Outcome == cluster.OutcomeCompleted:
		return true
	case j.Over() || j.Spec.Kind != job.KindService && j.Spec.Kind != "":
		return false
	}
	for i := range j.Spec.Tasks {
		if !upEnough(j, &j.Spec.Tasks[i]) {
			return false
		}
	}
	return true
}

// endPatience is how long what has to end first may keep another from its end, beyond its
// grace.
const endPatience = 5 * time.Minute

// checkBefore: of a job that is over a group is ended once nothing lives that came after it,
// but for what cannot be reached or does not end.
func (w *World) checkBefore(s seen, ev events.TasksDoomed) {
	switch ev.Class {
	case "stopped", "failed", "completed":
	default:
		return
	}
	for _, t := range s.tasksIn(ev.Run, ev.Slots) {
		if t.Run != s.job.Run || s.job.Spec == nil {
			continue
		}
		for i := range s.job.Spec.Tasks {
			g := &s.job.Spec.Tasks[i]
			for _, name := range g.After {
				if name != t.Group {
					continue
				}
				for _, later := range ofGroup(s.job, g.Name) {
					if later.Live() && !later.Unreachable && (later.Doom == nil || s.now.Before(later.Doom.At.Add(later.Doom.Grace+endPatience))) {
						w.violate("%s ends %s of group %s while %s of %s is %s", s.name, t.ID, t.Group, later.ID, g.Name, later.State)
					}
				}
			}
		}
	}
}
