package foresight_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/submission"
)

// BenchmarkForesee asks what the loss of one of a thousand agents would do to 10,000
// tasks that run.
func BenchmarkForesee(b *testing.B) {
	var on []foresight.Agent
	for i := range 1000 {
		on = append(on, foresight.Agent{
			ID: fmt.Sprintf("S%d", i), Hostname: fmt.Sprintf("h%d", i), Role: "*", Whole: offer.Resources{CPUs: 12_000, Mem: 64_000_000},
		})
	}
	data, err := clustertest.Service("web", 10_000).JSON()
	if err != nil {
		b.Fatal(err)
	}
	s := cluster.New()
	ev, err := submission.Decide(nil, submission.Submit{Spec: data})
	if err != nil {
		b.Fatal(err)
	}
	s = foresight.Foresee(s, on, foresight.Question{Drafts: []foresight.Draft{{Subject: space().Job("web"), Event: ev}}}, space(), start).State
	b.ResetTimer()
	for b.Loop() {
		a := foresight.Foresee(s.Clone(), on, foresight.Question{Lost: []string{"S7"}}, space(), start)
		if !a.Settled || len(a.Groups) != 1 || a.Groups[0].After != 10_000 {
			b.Fatalf("%+v", a.Groups)
		}
	}
}
