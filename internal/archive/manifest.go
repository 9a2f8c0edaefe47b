package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

const (
	// version is that of manifests.
	version = 1
	// manifestMax is how long one may be, in bytes.
	manifestMax = 4 << 20
	// fileMax is how long the file of a segment may be, in bytes.
	fileMax = 1 << 30

	manifests = "manifests/"
	segments  = "segments/"
)

// Manifest says what a segment is.
type Manifest struct {
	// Version is that of the format.
	Version int `json:"taurus_segment"`
	// Log is the hash of the log's first record, which no two logs have in common; empty
	// if that was lost.
	Log string `json:"log,omitempty"`
	// Stream and Partitions are the log's.
	Stream     string `json:"stream"`
	Partitions uint32 `json:"partitions"`
	// From and To are the first and the last sequence of the segment, Records how many
	// records there are: fewer where some were lost.
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
	Records uint64 `json:"records"`
	// FromTime and ToTime are the log's times of the first and the last record.
	FromTime time.Time `json:"from_time"`
	ToTime   time.Time `json:"to_time"`
	// Before is the log's hash up to the record before, After that up to the last one, and
	// Seal the sequence of the seal that says so, which is behind the segment.
	Before string `json:"before"`
	After  string `json:"after"`
	Seal   uint64 `json:"seal"`
	// Previous is SHA-256 of the manifest of the segment before; empty for the first.
	Previous string `json:"previous,omitempty"`
	// File is the name of the file in the store, Bytes its size, Sum SHA-256 of it.
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"`
	// Frames are the parts that the file is compressed in, each by itself.
	Frames []Frame `json:"frames"`

	// own is SHA-256 of the manifest itself.
	own string
}

// Frame is a part of a file.
type Frame struct {
	// From is the first sequence in it.
	From uint64 `json:"from"`
	// Offset is where it begins in the file, Sum SHA-256 of it.
	Offset int64  `json:"offset"`
	Sum    string `json:"sum"`
}

// name is where the manifest of a segment is that begins with a sequence.
func name(from uint64) string { return fmt.Sprintf("%s%020d.json", manifests, from) }

// begins is the sequence that the segment of a manifest begins with, by its name.
func begins(object string) (uint64, bool) {
	digits := strings.TrimSuffix(strings.TrimPrefix(object, manifests), ".json")
	from, err := strconv.ParseUint(digits, 10, 64)
	return from, err == nil && from > 0 && name(from) == object
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// encode makes the object of a manifest.
func (m *Manifest) encode() ([]byte, error) {
	m.Version = version
	content, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("archive: encode a manifest: %w", err)
	}
	content = append(content, '\n')
	m.own = sumOf(content)
	return content, nil
}

// decode reads the manifest of a segment that begins with a sequence.
func decode(content []byte, from uint64) (*Manifest, error) {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s: %s", ErrManifest, name(from), fmt.Sprintf(format, args...))
	}
	var m Manifest
	if err := json.Unmarshal(content, &struct {
		Version *int `json:"taurus_segment"`
	}{&m.Version}); err != nil {
		return nil, wrong("%v", err)
	}
	if m.Version != version {
		return nil, wrong("it has format %d, and this program reads %d", m.Version, version)
	}
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, wrong("%v", err)
	}
	if why := m.fault(from); why != "" {
		return nil, wrong("%s", why)
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, content) {
		return nil, wrong("it is not written as manifests are")
	}
	return &m, nil
}

// fault says what cannot be of a manifest, empty for nothing.
func (m *Manifest) fault(from uint64) string {
	_, before := chain.ParseHash(m.Before)
	_, after := chain.ParseHash(m.After)
	switch {
	case m.From != from:
		return fmt.Sprintf("it is of a segment that begins with %d", m.From)
	case m.To < m.From || m.Records == 0 || m.Records > m.To-m.From+1 || m.Seal <= m.To:
		return fmt.Sprintf("%d records of %d..%d, sealed at %d, cannot be", m.Records, m.From, m.To, m.Seal)
	case before != nil || after != nil:
		return "its hashes are none"
	case m.From > 1 && m.Previous == "":
		return "it names no manifest before it"
	case m.Bytes > fileMax:
		return fmt.Sprintf("its file has %d bytes, the most is %d", m.Bytes, fileMax)
	case !strings.HasPrefix(m.File, segments) || objects.CheckName(m.File) != nil:
		return "it names no file"
	case len(m.Frames) == 0 || m.Frames[0].From != m.From || m.Frames[0].Offset != 0:
		return "its frames do not begin where it does"
	}
	for i, f := range m.Frames {
		_, to, end := m.frame(i)
		if to < f.From || end <= f.Offset || to > m.To {
			return fmt.Sprintf("its frame %d cannot be", i)
		}
	}
	return ""
}

// frame tells the range of sequences of a frame, and where its bytes end.
func (m *Manifest) frame(i int) (from, to uint64, end int64) {
	if i+1 < len(m.Frames) {
		return m.Frames[i].From, m.Frames[i+1].From - 1, m.Frames[i+1].Offset
	}
	return m.Frames[i].From, m.To, m.Bytes
}

// after is the hash behind the segment.
func (m *Manifest) after() chain.Hash {
	h, _ := chain.ParseHash(m.After) // It was looked at when it was read.
	return h
}

// follows says why a manifest is not of the segment behind another, nil if it is.
func (m *Manifest) follows(before *Manifest) error {
	switch {
	case before == nil && m.From == 1:
		return nil
	case before == nil || before.To+1 != m.From:
		return fmt.Errorf("%w: a segment before %d is missing", ErrBroken, m.From)
	case m.Previous != before.own || m.Before != before.After || m.Log != before.Log:
		return fmt.Errorf("%w: the segment from %d on does not follow that up to %d: a manifest was changed, or is of another log", ErrBroken, m.From, before.To)
	}
	return nil
}
