package sim

import (
	"crypto/sha256"
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// shut is what a policy may be about: jobs that there are, or may be.
func shut() []string {
	return []string{"steady", "moving", "sick", "large", "work", "nightly", "gang", "timed", "part", "indexed"}
}

// open lets all of the jobs here be started.
const open = "rules: [{name: open}]"

// setPolicy has an operator set another policy: one that forbids a job, or all, or large tasks,
// one with a quota, or one that lets all be.
func (r *Run) setPolicy() {
	text := open
	switch jobs := shut(); r.rng.IntN(6) {
	case 0:
		text = fmt.Sprintf("rules: [{name: one, jobs: [%s], images: []}]", jobs[r.rng.IntN(len(jobs))])
	case 1:
		text = "rules: [{name: all, images: []}]"
	case 2:
		text = "rules: [{name: small, task: {cpu: 0.6}}]"
	case 3:
		text = fmt.Sprintf("quotas: [{name: all, replicas: %d}]", 2+r.rng.IntN(10))
	}
	i := r.one("commander")
	if p := r.World.Processes[i]; p.Alive {
		r.act(fmt.Sprintf("%s is to set the policy %s", p.Name, text), func() { r.abandon(r.World.AskAccess(i, policySet(text))) })
	}
}

// loosen has what the policy forbade go on.
func (r *Run) loosen() {
	r.act("the policy is loosened", func() { r.World.AskAccess(r.names["commander"][0], policySet(open)) })
}

func policySet(text string) access.SetPolicy {
	return access.SetPolicy{Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Text: text}
}
