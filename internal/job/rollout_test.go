package job_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

func amount(n uint32) *job.Amount { return &job.Amount{Number: n} }
func percent(n uint32) *job.Amount {
	return &job.Amount{Number: n, Percent: true}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]struct {
		ok       bool
		of       uint32
		up, down uint32
	}{
		`0`: {ok: true, of: 4}, `3`: {true, 4, 3, 3}, `9`: {true, 4, 4, 4}, `2.0`: {true, 4, 2, 2}, `"0%"`: {ok: true, of: 4},
		`"25%"`: {true, 4, 1, 1}, `"26%"`: {true, 4, 2, 1}, `"1%"`: {true, 1, 1, 0}, `"100%"`: {true, 3, 3, 3},
		`"99%"`: {true, 100_000, 99_000, 99_000}, `"200%"`: {true, 3, 3, 3}, `"4294967295%"`: {true, 4_000_000_000, 4_000_000_000, 4_000_000_000},
		`"25"`: {}, `"%"`: {}, `"-1%"`: {}, `"2.5%"`: {}, `""`: {}, `-1`: {}, `1.5`: {}, `4294967296`: {}, `true`: {}, `[]`: {}, `{}`: {}, ``: {},
	} {
		var a job.Amount
		err := a.UnmarshalJSON([]byte(text))
		if (err == nil) != want.ok {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if up, down := a.RoundedUp(want.of), a.RoundedDown(want.of); up != want.up || down != want.down {
			t.Errorf("%s of %d: %d and %d, want %d and %d", text, want.of, up, down, want.up, want.down)
		}
		if !want.ok {
			continue
		}
		var back job.Amount
		if data, err := json.Marshal(a); err != nil || back.UnmarshalJSON(data) != nil || back != a {
			t.Errorf("%s came back as %v, %v", text, back, err)
		}
	}
}

// fixed, unique and maxPer are groups of which a new task may need an old one's place.
func fixed(g *job.Group) { g.Ports = []job.Port{{Host: 8080}} }

func unique(g *job.Group) {
	g.Constraints = []job.Constraint{{Attribute: "hostname", Operator: "unique"}}
}

func maxPer(g *job.Group) {
	g.Constraints = []job.Constraint{{Attribute: "rack", Operator: "MAX_PER", Value: "2"}}
}

// TestBounds: what may be beside and what may be down, and what is refused.
func TestBounds(t *testing.T) {
	plain := func(*job.Group) {}
	for _, c := range []struct {
		name               string
		replicas           uint32
		group              func(*job.Group)
		surge, unavailable *job.Amount
		wantSurge, want    uint32
		fault              string
	}{
		{"a lone task", 1, plain, nil, nil, 1, 0, ""},
		{"three", 3, plain, nil, nil, 1, 0, ""},
		{"four", 4, plain, nil, nil, 1, 1, ""},
		{"none", 0, plain, nil, nil, 0, 0, ""},
		{"none with nothing allowed", 0, plain, amount(0), amount(0), 0, 0, ""},
		{"many", 50_000, plain, nil, nil, 12_500, 12_500, ""},
		{"a lone task with a fixed port", 1, fixed, nil, nil, 0, 1, ""},
		{"ten of their own hosts", 10, unique, nil, nil, 0, 2, ""},
		{"ten, two a rack", 10, maxPer, nil, nil, 0, 2, ""},
		{"no surge wanted", 1, plain, amount(0), nil, 0, 1, ""},
		{"nothing down wanted", 8, plain, nil, amount(0), 2, 0, ""},
		{"all at once", 4, plain, percent(100), percent(100), 4, 4, ""},
		{"more than there are", 2, plain, amount(9), amount(9), 2, 2, ""},
		{"nothing allowed", 4, plain, amount(0), amount(0), 0, 1, `with 4 replicas of "web" max_surge is 0 and max_unavailable is 0: none could be added and none taken away; allow`},
		{"a share of too few", 3, plain, amount(0), percent(33), 0, 1, `max_surge is 0 and max_unavailable is 0 (33% of 3, rounded down): none`},
		{"a share of enough", 4, plain, amount(0), percent(33), 0, 1, ""},
		{"surge by a fixed port", 3, fixed, amount(1), percent(25), 1, 0, `has the fixed host port 8080: the 1 that max_surge adds may need a place of the 3 that are to stay`},
		{"surge by unique", 3, unique, amount(2), amount(0), 2, 0, `has at most one task per hostname (unique): the 2 that`},
		{"surge by max_per", 3, maxPer, amount(2), amount(0), 2, 0, `has at most 2 tasks per rack (max_per)`},
		{"surge by unique, one may be down", 3, unique, amount(2), amount(1), 2, 1, ""},
		{
			"nothing down with a fixed port", 3, fixed, nil, amount(0), 0, 1,
			`max_unavailable is 0, and the group has the fixed host port 8080, so that max_surge is 0 unless given: none could be added`,
		},
		{
			"a share of a few and a fixed port", 3, fixed, percent(0), percent(25), 0, 1,
			`max_surge is 0 (0% of 3, rounded up) and max_unavailable is 0 (25% of 3, rounded down): none could be added`,
		},
	} {
		s := good()
		s.Tasks[0].Replicas = c.replicas
		c.group(&s.Tasks[0])
		s.Rollout = &job.Rollout{MaxSurge: c.surge, MaxUnavailable: c.unavailable}
		s.Normalise()
		policy := s.RolloutPolicy()
		if surge, unavailable := policy.Bounds(&s.Tasks[0]); surge != c.wantSurge || unavailable != c.want {
			t.Errorf("%s: surge %d, unavailable %d; want %d and %d", c.name, surge, unavailable, c.wantSurge, c.want)
		}
		err := s.Validate(job.DefaultLimits())
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), "rollout.max_unavailable: "+"with") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want %q", c.name, err, c.fault)
		}
	}
}

func TestFaultsOfTheRollout(t *testing.T) {
	in := func(path, part string, r job.Rollout) faultCase {
		return faultCase{"rollout" + path, part, func(s *job.Spec) { s.Rollout = &r }}
	}
	checkFaults(t, []faultCase{
		in(".max_surge", "must be from 0% to 100%, or a number of tasks, is 101%", job.Rollout{MaxSurge: percent(101)}),
		in(".max_unavailable", "must be from 0%", job.Rollout{MaxUnavailable: percent(1000)}),
		in(".min_healthy", "must not be negative", job.Rollout{MinHealthy: -1}),
		in(".progress_deadline", "make it at most", job.Rollout{ProgressDeadline: seconds(8 * 24 * 3600)}),
		in(".progress_deadline", "is 5s, and no task counts as up before a min_healthy of 5s", job.Rollout{MinHealthy: seconds(5), ProgressDeadline: seconds(5)}),
		in(".order[1]", `"db" is no group of the job`, job.Rollout{Order: []string{"web", "db"}}),
		in(".order[1]", `"web" is named before`, job.Rollout{Order: []string{"web", "web"}}),
		in(".order", "has 101 entries", job.Rollout{Order: make([]string, 101)}),
		in(".canary", "is 2, and the job has 1 replicas", job.Rollout{Canary: 2}),
		{"rollout", "only a service is rolled out", func(s *job.Spec) { s.Kind, s.Rollout = job.KindBatch, &job.Rollout{} }},
	})
}

// TestRolloutDefaults: what is not said stays unsaid, and has an answer.
func TestRolloutDefaults(t *testing.T) {
	s := good()
	s.Normalise()
	if s.Rollout != nil {
		t.Error("a job that says nothing of its rollout is another one with its defaults")
	}
	for given, want := range map[job.Duration]job.Duration{
		0: job.DefaultProgressDeadline, seconds(60): job.DefaultProgressDeadline, seconds(600): seconds(1200),
	} {
		s.Rollout = &job.Rollout{MinHealthy: given}
		if got := s.RolloutPolicy(); got.ProgressDeadline != want || s.Rollout.ProgressDeadline != 0 {
			t.Errorf("min_healthy %s: a deadline of %s, want %s", given, got.ProgressDeadline, want)
		}
	}
}

// anyRollout draws rollouts, wrong ones too.
func anyRollout(t *rapid.T) job.Rollout {
	amount := func(t *rapid.T) job.Amount {
		return job.Amount{Number: rapid.Uint32Max(200).Draw(t, "number"), Percent: rapid.Bool().Draw(t, "percent")}
	}
	return job.Rollout{
		MaxSurge: maybe(t, "max_surge", amount), MaxUnavailable: maybe(t, "max_unavailable", amount),
		MinHealthy: someDuration().Draw(t, "min_healthy"), ProgressDeadline: someDuration().Draw(t, "progress_deadline"),
		Order: rapid.SliceOfN(anyText(), 0, 3).Draw(t, "order"), AutoRollback: rapid.Bool().Draw(t, "auto_rollback"),
		Canary: rapid.Uint32Max(9).Draw(t, "canary"),
	}
}

// TestRolloutsAreKept by what writes and reads events, and cloned with all they point to.
func TestRolloutsAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := good()
		s.Rollout = maybe(t, "rollout", anyRollout)
		s.Normalise()
		back, err := job.Parse(encode(t, s))
		if err != nil || !back.Equal(s) || string(encode(t, back)) != string(encode(t, s)) {
			t.Fatalf("%s came back as %s, %v", encode(t, s), encode(t, back), err)
		}
		before := string(encode(t, s))
		c := s.Clone()
		if c.Rollout != nil && c.Rollout.MaxSurge != nil {
			c.Rollout.MaxSurge.Number++
		}
		if c.Rollout != nil && len(c.Rollout.Order) > 0 {
			c.Rollout.Order[0] += "x"
		}
		if string(encode(t, s)) != before {
			t.Fatal("a clone shares its rollout")
		}
		policy := s.RolloutPolicy()
		for i := range s.Tasks {
			if surge, unavailable := policy.Bounds(&s.Tasks[i]); surge+unavailable == 0 && s.Tasks[i].Replicas > 0 {
				t.Fatalf("%s can never be rolled out", before)
			}
		}
	})
}

// TestBounds of stored ones.
func TestStoredRollout(t *testing.T) {
	for rollout, want := range map[string]string{
		`{}`: "", `{"max_surge":"25%","canary":4000000000}`: "", `{"min_healthy":"-1s"}`: "rollout.min_healthy",
		`{"progress_deadline":"10000h"}`: "rollout.progress_deadline", `{"order":[` + strings.Repeat(`"",`, 100) + `""]}`: "rollout.order",
		`{"max_surge":-1}`: "read a stored spec",
	} {
		_, err := job.Stored([]byte(`{"id":"a","tasks":[],"rollout":`+rollout+`}`), job.DefaultLimits())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", rollout, err, want)
		}
	}
}
