package auditing

import (
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Entry is a record as users see it. Its members are those of events.RequestAnswered.
type Entry struct {
	// Record is its place in the audit stream.
	Record      uint64    `json:"record"`
	At          time.Time `json:"at"`
	Principal   string    `json:"principal,omitzero"`
	By          string    `json:"by,omitzero"`
	Credential  string    `json:"credential,omitzero"`
	OnBehalfOf  string    `json:"on_behalf_of,omitzero"`
	Address     string    `json:"address,omitzero"`
	Method      string    `json:"method"`
	Route       string    `json:"route,omitzero"`
	Job         string    `json:"job,omitzero"`
	Right       string    `json:"right,omitzero"`
	Outcome     string    `json:"outcome"`
	Status      uint32    `json:"status"`
	Reason      string    `json:"reason,omitzero"`
	LogSequence uint64    `json:"log_sequence,omitzero"`
	RequestID   string    `json:"request_id,omitzero"`
	Count       uint32    `json:"count,omitzero"`
	Others      bool      `json:"others,omitzero"`
	Dropped     uint64    `json:"dropped,omitzero"`
}

// PageMax is how many records a page has at most.
const PageMax = 1000

// Page is a part of the records, the newest first.
type Page struct {
	Records []Entry `json:"records"`
	// Next is the record to go on before; absent where there is nothing older.
	Next uint64 `json:"next,omitzero"`
}

// EntryOf is the record of an answer given at a time, with its place in the audit stream.
func EntryOf(record uint64, at time.Time, ev events.RequestAnswered) Entry {
	return Entry{
		Record: record, At: at.UTC(), Principal: ev.Principal, By: ev.By, Credential: ev.Credential, OnBehalfOf: ev.OnBehalfOf,
		Address: ev.Address, Method: ev.Method, Route: ev.Route, Job: ev.Job, Right: ev.Right, Outcome: ev.Outcome, Status: ev.Status,
		Reason: ev.Reason, LogSequence: ev.Sequence, RequestID: ev.RequestID, Count: ev.Count, Others: ev.Others, Dropped: ev.Dropped,
	}
}
