package world

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// stranger signs what no program of taurus' writes.
const stranger = "stranger"

// Intrude has a stranger write onto a subject what is rejected there: whatever
// follows must be as if nobody had.
func (w *World) Intrude(subject, typeName, data string) {
	sequence := w.Log.Last() + 1
	m := events.Message{Subject: subject, Data: []byte(data), Header: map[string]string{
		events.HeaderID: fmt.Sprint(stranger, sequence), events.HeaderSource: stranger,
		events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: typeName,
	}}
	decoded, err := cluster.Decode(w.Options.Space, sequence, w.Now, m)
	if err != nil || decoded.Rejection == "" {
		w.violate("what a stranger writes onto %s is not rejected (%v)", subject, err)
		return
	}
	r := Record{Message: m, Decoded: decoded}
	w.Log.add(r)
	w.judge(r)
}
