package core

import "slices"

// Subscriber is a framework that may make calls: the checks 15 to 20 of 1.1
// were passed.
type Subscriber struct{ framework *framework }

// Refusal is the answer to a call that did not pass.
type Refusal struct {
	Status int
	Text   string
}

// The codes of refusals.
const (
	statusBadRequest = 400
	statusForbidden  = 403
)

// Authorise checks that a call may be made (1.1, 15 to 20). principal is the
// authenticated one, or empty; stream is the header of the call, nil for none.
func (m *Master) Authorise(id string, stream *string, principal string) (Subscriber, *Refusal) {
	f := m.frameworks[id]
	switch {
	case f == nil:
		return Subscriber{}, &Refusal{statusBadRequest, "Framework cannot be found"}
	case principal != "" && principal != f.info.GetPrincipal():
		return Subscriber{}, &Refusal{statusBadRequest, "Authenticated principal '" + principal + "' does not match principal '" +
			f.info.GetPrincipal() + "' set in `FrameworkInfo`"}
	case !f.connected:
		return Subscriber{}, &Refusal{statusForbidden, "Framework is not subscribed"}
	case stream == nil:
		return Subscriber{}, &Refusal{statusBadRequest, "All non-subscribe calls should include the 'Mesos-Stream-Id' header"}
	case *stream != f.stream:
		return Subscriber{}, &Refusal{statusBadRequest, "The stream ID '" + *stream +
			"' included in this request didn't match the stream ID currently associated with framework ID " + id}
	}
	return Subscriber{framework: f}, nil
}

// sorted accessors keep every answer and every effect in a stable order.

func (m *Master) sortedFrameworks() []*framework {
	out := make([]*framework, 0, len(m.frameworks))
	for _, f := range m.frameworks {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *framework) int {
		if c := a.registered.Compare(b.registered); c != 0 {
			return c
		}
		return compare(a.id, b.id)
	})
	return out
}

func (m *Master) sortedAgents() []*agent { return slices.Clone(m.order) }

// sortedOffers returns those for which keep is true.
func (m *Master) sortedOffers(keep func(*offer) bool) []*offer {
	return sorted(m.offers, keep)
}

func (a *agent) sortedOffers() []*offer {
	return sorted(a.offers, func(*offer) bool { return true })
}

func sorted(offers map[string]*offer, keep func(*offer) bool) []*offer {
	var out []*offer
	for _, o := range offers {
		if keep(o) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *offer) int { return compare(a.id, b.id) })
	return out
}

func (f *framework) sortedTasks() []*task {
	out := make([]*task, 0, len(f.tasks))
	for _, t := range f.tasks {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *task) int { return a.seq - b.seq })
	return out
}

// compare orders ids by length first, so that S10 comes after S9.
func compare(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
