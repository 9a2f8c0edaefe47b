package job

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// DefaultSpreadWeight is how much a spread counts that does not say.
const DefaultSpreadWeight = 50

// weightMost bounds the weights of affinities and spreads.
const weightMost = 100

// Affinity says how much a group likes agents to be chosen that have an attribute.
type Affinity struct {
	// Attribute is "hostname" or the name of an agent attribute.
	Attribute string `json:"attribute"`
	// Operator is one of is, is_not, like, unlike.
	Operator string `json:"operator"`
	Value    string `json:"value"`
	// Weight is from -100 to 100, and not 0; below 0 such agents are disliked.
	Weight int32 `json:"weight"`
}

// Spread says how the tasks of a group are to be shared out over the values of an
// attribute.
type Spread struct {
	Attribute string `json:"attribute"`
	// Weight is from 1 to 100: how much it counts beside affinities and other spreads.
	Weight uint32 `json:"weight,omitzero"`
	// Targets are percent of the tasks by value; other values share the rest evenly.
	Targets map[string]uint32 `json:"targets,omitempty"`
}

func (g *Group) normalisePreferences() {
	g.Affinities, g.Spread = orNilSlice(g.Affinities), orNilSlice(g.Spread)
	for i := range g.Affinities {
		g.Affinities[i].Operator = strings.ToLower(g.Affinities[i].Operator)
	}
	for i := range g.Spread {
		g.Spread[i].Weight = orDefault(g.Spread[i].Weight, DefaultSpreadWeight)
		g.Spread[i].Targets = orNil(g.Spread[i].Targets)
	}
	g.Placement = strings.ToLower(g.Placement)
}

func cloneSpread(of []Spread) []Spread {
	c := slices.Clone(of)
	for i := range c {
		c[i].Targets = maps.Clone(c[i].Targets)
	}
	return c
}

// preferences checks where a group likes its tasks to run.
func (c *checker) preferences(path string, g *Group) {
	if at := join(path, "affinities"); c.atMost(at, len(g.Affinities), c.lim.Affinities) {
		for i, a := range g.Affinities {
			c.affinity(index(at, i), a)
		}
	}
	if at := join(path, "spread"); c.atMost(at, len(g.Spread), c.lim.Spreads) {
		first := map[string]int{}
		for i, s := range g.Spread {
			c.spread(index(at, i), s)
			if n, twice := first[s.Attribute]; twice {
				c.fault(join(index(at, i), "attribute"), "is the same as that of %s; remove one", index(at, n))
				continue
			}
			first[s.Attribute] = i
		}
	}
	if g.Placement != "" {
		c.oneOf(join(path, "placement"), g.Placement, PlacementSpread, PlacementBinpack)
	}
}

func (c *checker) affinity(at string, a Affinity) {
	c.attribute(join(at, "attribute"), a.Attribute)
	if c.oneOf(join(at, "operator"), a.Operator, OpIs, OpIsNot, OpLike, OpUnlike) {
		c.comparison(join(at, "value"), a.Operator, a.Value)
	}
	c.text(join(at, "value"), a.Value, c.lim.TextBytes)
	switch {
	case a.Weight == 0:
		c.fault(join(at, "weight"), "is missing or 0, which changes nothing; give 1 to %d, or less than 0 for agents to avoid", weightMost)
	case a.Weight < -weightMost || a.Weight > weightMost:
		c.fault(join(at, "weight"), "must be from -%d to %d, is %d", weightMost, weightMost, a.Weight)
	}
}

func (c *checker) spread(at string, s Spread) {
	c.attribute(join(at, "attribute"), s.Attribute)
	if s.Weight > weightMost {
		c.fault(join(at, "weight"), "must be from 1 to %d, is %d", weightMost, s.Weight)
	}
	at = join(at, "targets")
	if !c.atMost(at, len(s.Targets), c.lim.SpreadTargets) {
		return
	}
	sum := uint64(0)
	for _, value := range sortedKeys(s.Targets) {
		c.text(join(at, value), value, c.lim.TextBytes)
		sum += uint64(s.Targets[value])
	}
	if sum > 100 {
		c.fault(at, "add up to %d percent; make it at most 100", sum)
	}
}

// attribute checks the name of an attribute.
func (c *checker) attribute(at, name string) {
	if name == "" {
		c.fault(at, `is missing; use "hostname" or the name of an agent attribute`)
	}
	c.text(at, name, c.lim.TextBytes)
}

// comparison checks the value that an attribute is compared with.
func (c *checker) comparison(at, operator, value string) {
	switch operator {
	case OpIs, OpIsNot:
		if value == "" {
			c.fault(at, "is missing; %s compares with it", operator)
		}
	case OpLike, OpUnlike:
		if value == "" {
			c.fault(at, "is missing; %s matches this expression", operator)
		} else if _, err := regexp.Compile(value); err != nil {
			c.fault(at, "%s is no RE2 expression: %s", quote(value), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
	}
}

// boundPreferences checks what a score is reckoned with.
func (c *checker) boundPreferences(at string, g *Group) {
	if c.atMost(join(at, "affinities"), len(g.Affinities), c.lim.Affinities) {
		for i, a := range g.Affinities {
			c.boundAmount(join(index(join(at, "affinities"), i), "weight"), math.Abs(float64(a.Weight)), weightMost)
		}
	}
	if !c.atMost(join(at, "spread"), len(g.Spread), c.lim.Spreads) {
		return
	}
	for i, s := range g.Spread {
		here := index(join(at, "spread"), i)
		c.boundAmount(join(here, "weight"), float64(s.Weight), weightMost)
		c.atMost(join(here, "targets"), len(s.Targets), c.lim.SpreadTargets)
		for _, value := range sortedKeys(s.Targets) {
			c.boundAmount(join(join(here, "targets"), value), float64(s.Targets[value]), 100)
		}
	}
}
