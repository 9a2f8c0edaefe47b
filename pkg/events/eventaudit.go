package events

// RequestAnswered says who asked the api for what, and what came of it. It is in the
// audit stream, not in the log, and decides nothing.
type RequestAnswered struct {
	// Principal is who asked, empty if nobody knows; By how that was found out: anonymous,
	// token, certificate or oidc. Credential says which one: the id of a token, or the
	// SHA-256 of a certificate, in hex.
	Principal  string `json:"principal,omitempty"`
	By         string `json:"by,omitempty"`
	Credential string `json:"credential,omitempty"`
	// OnBehalfOf is for whom they said that they ask.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	// Address is where the request came from, without a port.
	Address string `json:"address,omitempty"`
	Method  string `json:"method"`
	// Route is the pattern of the path, as "/v2/jobs/:id"; empty if there is no such route.
	Route string `json:"route,omitempty"`
	// Job is the id of the job that it was about, Right what it needed.
	Job   string `json:"job,omitempty"`
	Right string `json:"right,omitempty"`
	// Outcome is done, refused or failed.
	Outcome string `json:"outcome"`
	Status  uint32 `json:"status"`
	// Reason says why it was not done.
	Reason string `json:"reason,omitempty"`
	// Sequence is the log's that the answer was of.
	Sequence  uint64 `json:"sequence,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// Count is how many requests like this one the record stands for, itself included;
	// it is the last of them. Absent it is one.
	Count uint32 `json:"count,omitempty"`
	// Others reports whether they were about more than one route, or job, so that none is
	// named.
	Others bool `json:"others,omitempty"`
	// Dropped is how many requests before this one were to be recorded by the same api,
	// and are not.
	Dropped uint64 `json:"dropped,omitempty"`
	Additive
}

// TokenUsed says that a token is in use, at most once an hour. It is in the audit stream,
// not in the log, and decides nothing.
type TokenUsed struct {
	ID      string `json:"id"`
	Owner   string `json:"owner,omitempty"`
	Address string `json:"address,omitempty"`
	Additive
}
