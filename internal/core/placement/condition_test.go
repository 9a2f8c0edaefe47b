package placement

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestConditions: what is met, and what is said where it is not, on an agent of
// rack r1 where two of the group's three tasks run. Six are wanted.
func TestConditions(t *testing.T) {
	crowd := &peers{counts: map[string]map[string]int{}}
	for host, rack := range map[string]string{"h1": "r1", "h2": "r1", "h3": "r2"} {
		crowd.add(host, map[string]string{"rack": rack})
	}
	for _, c := range []struct {
		attribute, operator, value string
		want                       string // nothing where it is met
	}{
		{"rack", job.OpIs, "r1", ""},
		{"rack", job.OpIs, "r2", "rack: r1, r2 wanted"},
		{"rack", job.OpIsNot, "r2", ""},
		{"rack", job.OpIsNot, "r1", "rack: r1 is excluded"},
		{"rack", job.OpLike, "r[12]", ""},
		{"rack", job.OpLike, "r2|x", "rack: r1 does not fit like r2|x"},
		{"rack", job.OpLike, "r", "rack: r1 does not fit like r"},
		{"rack", job.OpUnlike, "r", ""},
		{"rack", job.OpUnlike, "r.", "rack: r1 does not fit unlike r."},
		{"rack", job.OpLike, "(", "rack: r1 does not fit like ("},
		{"rack", job.OpUnlike, "(", "rack: r1 does not fit unlike ("},
		{"rack", job.OpUnique, "", "rack: r1 runs a task of the group already"},
		{"hostname", job.OpUnique, "", ""},
		{"rack", job.OpMaxPer, "3", ""},
		{"rack", job.OpMaxPer, "2", "rack: r1 runs 2 tasks of the group, 2 allowed"},
		{"rack", job.OpMaxPer, "x", "rack: r1 runs 2 tasks of the group, x allowed"},
		{"rack", job.OpMaxPer, "99999999999999999999", "rack: r1 runs 2 tasks of the group, 99999999999999999999 allowed"},
		{"rack", job.OpGroupBy, "2", ""},
		{"rack", job.OpGroupBy, "4", "rack: r1 has its share of 2 tasks"},
		{"rack", job.OpGroupBy, "", "rack: r1 runs more tasks of the group than others"},
		{"rack", job.OpGroupBy, "x", "rack: r1 runs more tasks of the group than others"},
		{"hostname", job.OpGroupBy, "", ""},
		{"rack", job.OpCluster, "", "rack: r1 is not where the group's other tasks are"},
		{"zone", job.OpIs, "z", "zone: the agent has no such attribute"},
		{"zone", job.OpIsNot, "z", ""},
		{"zone", job.OpLike, ".*", "zone: the agent has no such attribute"},
		{"zone", job.OpUnlike, ".*", ""},
		{"zone", job.OpUnique, "", "zone: the agent has no such attribute"},
		{"zone", job.OpMaxPer, "9", "zone: the agent has no such attribute"},
		{"zone", job.OpGroupBy, "9", "zone: the agent has no such attribute"},
		{"zone", job.OpCluster, "", "zone: the agent has no such attribute"},
		{"rack", "nonsense", "", ""},
	} {
		here := map[string]string{"hostname": "h9", "rack": "r1"}
		var m Matcher
		all := m.conditions(&job.Group{Constraints: []job.Constraint{{Attribute: c.attribute, Operator: c.operator, Value: c.value}}})
		met := all[0].met(here, crowd, 6)
		if met != (c.want == "") {
			t.Errorf("%s %s %q met: %t", c.attribute, c.operator, c.value, met)
		}
		if got := all[0].complaint(here, crowd, 6); !met && got != c.want {
			t.Errorf("%s %s %q: %q, want %q", c.attribute, c.operator, c.value, got, c.want)
		}
	}
}

// TestExpressionsAreCompiledOnce, those that are none among them, and a matcher
// that has seen very many of them does not keep them all.
func TestExpressionsAreCompiledOnce(t *testing.T) {
	var m Matcher
	g := &job.Group{Constraints: []job.Constraint{
		{Attribute: "rack", Operator: job.OpLike, Value: "r.*"},
		{Attribute: "hostname", Operator: job.OpUnlike, Value: "r.*"},
		{Attribute: "rack", Operator: job.OpLike, Value: "("},
	}}
	first, again := m.conditions(g), m.conditions(g)
	if first[0].expression == nil || first[1].expression != first[0].expression || again[0].expression != first[0].expression {
		t.Error("compiled more than once")
	}
	if first[2].expression != nil || len(m.expressions) != 2 {
		t.Errorf("%d expressions are remembered, want one and one that is none", len(m.expressions))
	}
	for n := range 3 * expressionsMax {
		if value := fmt.Sprintf("r%d", n); !m.expression(value).MatchString(value) {
			t.Fatalf("the expression of %s is another's", value)
		}
		if len(m.expressions) > expressionsMax {
			t.Fatalf("%d expressions are remembered", len(m.expressions))
		}
	}
}
