package explore

// single is one slot and one launcher, with so many faults of any kind.
func single(faults int) Scope {
	s := Scope{Name: "one slot", Replicas: 1, Launchers: 1, Agents: 1, Places: 1, Faults: faults}
	s.any()
	return s
}

// pair is one slot and two launchers.
func pair(faults int) Scope {
	s := single(faults)
	s.Name, s.Launchers = "one slot, two launchers", 2
	s.Most[Usurped] = 1
	return s
}

// square is two slots on two agents.
func square(faults int) Scope {
	s := single(faults)
	s.Name, s.Replicas, s.Agents, s.Places = "two slots, two agents", 2, 2, 2
	s.ScaleTo = []uint32{1, 2}
	s.Most[Scale] = 2
	return s
}

// rescaled is one slot that users do without, and want again.
func rescaled(faults int) Scope {
	s := single(faults)
	s.Name, s.ScaleTo = "one slot, scaled", []uint32{0, 1}
	s.Most[Scale] = 2
	return s
}

// updated is one slot whose task users want to be another, twice: beside the old one, or
// in its place.
func updated(faults int, beside bool) Scope {
	s := single(faults)
	s.Name, s.Images, s.Beside = "one slot, updated in its place", []string{"y", "x"}, beside
	if beside {
		s.Name, s.Places = "one slot, updated beside", 2
	}
	s.Most[Update] = 2
	return s
}

// any allows all faults but those of users and of several launchers.
func (s *Scope) any() {
	for _, f := range []Fault{Lost, Unanswered, Late, Stuck, Blind, Down, Cut, Away, Fails, Stop} {
		s.Most[f] = 2
	}
	s.Most[Stop], s.Most[Away] = 1, 1
}

// only allows these faults, each so often.
func (s Scope) only(times int, faults ...Fault) Scope {
	s.Most = [kinds]int{}
	for _, f := range faults {
		s.Most[f] = times
	}
	return s
}

// inOrder allows these faults only, each in its turn.
func (s Scope) inOrder(faults ...Fault) Scope {
	s.Most, s.Order, s.Faults = [kinds]int{}, faults, len(faults)
	for _, f := range faults {
		s.Most[f]++
	}
	return s
}

// spacious is one slot on one of two agents: there are more offers than needed.
func spacious(faults int) Scope {
	s := single(faults)
	s.Name, s.Agents = "one slot, two agents", 2
	return s
}

func (s Scope) named(name string) Scope {
	s.Name = name
	return s
}
