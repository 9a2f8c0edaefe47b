package exportfile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// version is that of the format, in the first line.
const version = 1

// Header is the first line.
type Header struct {
	Stream string
	// Partitions is the count that subjects are made with.
	Partitions uint32
	// From is the sequence that the file begins with, 1 for a whole log.
	From uint64
}

func (h Header) line() line {
	return line{Version: version, Stream: h.Stream, Partitions: h.Partitions, From: h.From}
}

// line is any line of a file, as JSON has it.
type line struct {
	Version    int    `json:"taurus_log,omitempty"`
	Stream     string `json:"stream,omitempty"`
	Partitions uint32 `json:"partitions,omitempty"`
	From       uint64 `json:"from,omitempty"`

	Sequence      uint64            `json:"sequence,omitempty"`
	Time          string            `json:"time,omitempty"`
	Subject       string            `json:"subject,omitempty"`
	SubjectBase64 []byte            `json:"subject_base64,omitempty"`
	Headers       map[string]string `json:"headers,omitempty"`
	HeadersBase64 map[string][]byte `json:"headers_base64,omitempty"`
	Data          json.RawMessage   `json:"data,omitempty"`
	DataBase64    []byte            `json:"data_base64,omitempty"`

	Lost *Range `json:"lost,omitempty"`
	End  *end   `json:"end,omitempty"`
}

// end is the last line.
type end struct {
	// Last is the last sequence of the log, Records how many records there are.
	Last    uint64 `json:"last"`
	Records uint64 `json:"records"`
	// Sum is SHA-256 over all lines before, with their ends.
	Sum string `json:"sum"`
}

// encode makes a line, without its end.
func encode(l line) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // Which would change what it is embedded in.
	if err := enc.Encode(l); err != nil {
		return nil, fmt.Errorf("export file: encode: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// recordLine is a record as a line. Whatever of it would not come back as it was, is
// there as base64.
func recordLine(r eventlog.Record) line {
	l := line{Sequence: r.Sequence, Time: r.Time.UTC().Format(time.RFC3339Nano)}
	if utf8.ValidString(r.Subject) {
		l.Subject = r.Subject
	} else {
		l.SubjectBase64 = []byte(r.Subject)
	}
	for name, value := range r.Header {
		if utf8.ValidString(name) && utf8.ValidString(value) {
			if l.Headers == nil {
				l.Headers = map[string]string{}
			}
			l.Headers[name] = value
			continue
		}
		if l.HeadersBase64 == nil {
			l.HeadersBase64 = map[string][]byte{}
		}
		// A name is ASCII in any log; it is kept apart only so that nothing is lost.
		l.HeadersBase64[base64.StdEncoding.EncodeToString([]byte(name))] = []byte(value)
	}
	if plain(r.Data) {
		l.Data = r.Data
	} else {
		l.DataBase64 = r.Data
	}
	return l
}

// plain reports whether data is JSON that comes back byte for byte when it is
// written into a line.
func plain(data []byte) bool {
	if len(data) == 0 || !utf8.Valid(data) || !json.Valid(data) {
		return false
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return false
	}
	return bytes.Equal(compact.Bytes(), data)
}

var (
	errTime   = errors.New("its time is none")
	errRecord = errors.New("it is no record: sequence, time and subject are needed")
)

// record is the record of a line.
func (l line) record() (eventlog.Record, error) {
	at, err := time.Parse(time.RFC3339Nano, l.Time)
	if err != nil {
		return eventlog.Record{}, errTime
	}
	r := eventlog.Record{Sequence: l.Sequence, Time: at.UTC(), Message: eventlog.Message{Subject: l.Subject, Data: l.Data}}
	if len(l.SubjectBase64) > 0 {
		r.Subject = string(l.SubjectBase64)
	}
	if len(l.DataBase64) > 0 {
		r.Data = l.DataBase64
	}
	if r.Sequence == 0 || r.Subject == "" {
		return eventlog.Record{}, errRecord
	}
	if len(l.Headers)+len(l.HeadersBase64) > 0 {
		r.Header = map[string]string{}
	}
	maps.Copy(r.Header, l.Headers)
	for name, value := range l.HeadersBase64 {
		plain, err := base64.StdEncoding.DecodeString(name)
		if err != nil {
			return eventlog.Record{}, fmt.Errorf("header %q: %w", name, err)
		}
		r.Header[string(plain)] = string(value)
	}
	return r, nil
}
