package events

// Message is an encoded event as it stands in the log: a subject, a small JSON
// body, and the envelope as headers (CloudEvents binary mode). Header names are
// case-sensitive and have one value each.
type Message struct {
	Subject string
	Header  map[string]string
	Data    []byte
}
