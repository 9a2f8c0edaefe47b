package conformance_test

import "regexp"

// event waits for a recorded event on its stream and compares it.
func (r *replay) event(l *line) {
	r.t.Helper()
	s := r.streams[l.Who]
	if s == nil {
		r.t.Fatalf("%s: no stream", l)
	}
	switch kindOf(l.Event) {
	case "HEARTBEAT":
		if s.sawFirst["HEARTBEAT"] {
			return // when the next comes is a matter of time
		}
	case "OFFERS", "RESCIND":
		if r.check.offers != "" && s.sawFirst["OFFERS"] {
			return
		}
	}
	s.sawFirst[kindOf(l.Event)] = true
	got, err := s.take(l.Event)
	for err == nil && r.resent(l.Event, got.body) {
		r.report(l.String(), []string{"resent: " + brief(got.body)})
		got, err = s.take(l.Event)
	}
	if err != nil {
		r.report(l.String(), []string{err.Error() + ", want " + brief(l.Event)})
	}
	if got.body == nil {
		return
	}
	r.taken[kindOf(l.Event)] = got.raw
	r.times[l.number] = got.came
	r.report(l.String(), r.compareEvent(l, got.body))
}

// resent reports whether a live update was taken for another recorded one already.
func (r *replay) resent(recorded, live any) bool {
	const path = "update.status.uuid"
	other, taken := r.match.ids.recorded[piece{kindBytes, textAt(live, path)}]
	return taken && other != textAt(recorded, path)
}

// compareEvent compares an event; the data of a docker task as what it decodes to.
func (r *replay) compareEvent(l *line, got any) []string {
	if l.Event == eof {
		return nil
	}
	want := l.Event
	var out []string
	if l.Inspect != nil {
		data := inspected(got)
		if list, ok := l.Inspect.([]any); ok {
			work := regexp.MustCompile(regexp.QuoteMeta(r.cluster.agents[r.cluster.last].dir))
			out = r.match.compare("inspect", essence(list, recordedWork), essence(data, work))
		} else if data == nil {
			out = []string{"update.status.data: no docker inspect"}
		}
		at(got, "update.status").(map[string]any)["data"] = textAt(want, "update.status.data")
	}
	if at(want, "trimmed") == true {
		want, got = untrimmed(want, got)
	}
	return append(out, r.match.compare(kindOf(l.Event), only(r.ours, want), only(r.live(), got))...)
}
