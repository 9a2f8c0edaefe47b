package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// SizeMax bounds a state as it is encoded, in bytes: what is larger is not read, as no log makes
// one that large.
const SizeMax = 4 << 30

// version is that of what is around the state.
const version = 1

// Snapshot is a state, and what is needed to go on from it.
type Snapshot struct {
	Header
	State *cluster.State
}

// Header tells of a snapshot without its state.
type Header struct {
	// Version is 1.
	Version int `json:"taurus_snapshot"`
	// Format is that of cluster.Format.
	Format string `json:"format"`
	// Log is the log's id, empty for one that does not say.
	Log string `json:"log,omitzero"`
	// Sequence is that of the seal at which it was made, Time the log's of that, Hash the log's up
	// to it.
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	Hash     string    `json:"hash"`
	// Through and Sealed are what the seal says: up to where it is, and the hash there.
	Through uint64 `json:"through"`
	Sealed  string `json:"sealed"`
	// First is the hash of the log's first record, Loss the checksum of the newest acceptance of a
	// loss; as marks have them.
	First string `json:"first,omitzero"`
	Loss  string `json:"loss,omitzero"`
}

// Of makes a snapshot of a state that was folded up to a record, which has to be a seal that
// fits. How far was folded is m.
func Of(s *cluster.State, m mark.Mark, seal *cluster.Record) (*Snapshot, error) {
	ev, sealed := seal.Event.(events.LogSealed)
	if !sealed || !seal.Head.Known || s.Seal.Sequence != seal.Sequence || s.Sequence != seal.Sequence || m.Sequence != seal.Sequence {
		return nil, fmt.Errorf("%w: sequence %d", ErrUnsealed, seal.Sequence)
	}
	format, err := cluster.Format()
	if err != nil {
		return nil, err
	}
	h := Header{
		Version: version, Format: format, Log: s.LogID, Sequence: s.Sequence, Time: s.Time, Hash: seal.Head.Hash.String(),
		Through: ev.Through, Sealed: ev.Hash,
	}
	if m.First != (chain.Hash{}) {
		h.First = m.First.String()
	}
	if m.Loss != ([32]byte{}) {
		h.Loss = hex.EncodeToString(m.Loss[:])
	}
	return &Snapshot{Header: h, State: s}, nil
}

// Name is the one that it is kept under.
func (h *Header) Name() Name { return Name{Sequence: h.Sequence, At: h.Time, Format: h.Format} }

// Mark is how far whoever begins at it has folded.
func (h *Header) Mark() (mark.Mark, error) {
	m := mark.Mark{Sequence: h.Sequence, Time: h.Time, Known: true}
	var loss chain.Hash
	for _, one := range []struct {
		text string
		to   *chain.Hash
	}{{h.Hash, &m.Hash}, {h.First, &m.First}, {h.Loss, &loss}} {
		if one.text == "" {
			continue
		}
		hash, err := chain.ParseHash(one.text)
		if err != nil {
			return m, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		*one.to = hash
	}
	m.Loss = loss
	return m, nil
}

// Encode writes a snapshot.
func (s *Snapshot) Encode() ([]byte, error) {
	header, err := json.Marshal(s.Header)
	if err != nil {
		return nil, err
	}
	state, err := cluster.Encode(s.State)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	body := z.EncodeAll(state, nil)
	sum := sumOf(header, body)
	return bytes.Join([][]byte{header, []byte(sum), body}, []byte("\n")), nil
}

func sumOf(header, body []byte) string {
	h := sha256.New()
	h.Write(header)
	h.Write([]byte("\n"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// DecodeHeader reads the header of a snapshot, and holds all of it against its sum. It fails with
// ErrDamaged.
func DecodeHeader(data []byte) (h Header, body []byte, err error) {
	parts := bytes.SplitN(data, []byte("\n"), 3)
	if len(parts) != 3 || sumOf(parts[0], parts[2]) != string(parts[1]) {
		return h, nil, fmt.Errorf("%w: its sum is another", ErrDamaged)
	}
	if err := json.Unmarshal(parts[0], &h); err != nil {
		return h, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return h, parts[2], nil
}

// Decode reads a snapshot. It fails with ErrDamaged and with ErrFormat.
func Decode(data []byte) (*Snapshot, error) {
	h, body, err := DecodeHeader(data)
	if err != nil {
		return nil, err
	}
	format, err := cluster.Format()
	if err != nil {
		return nil, err
	}
	if h.Version != version || h.Format != format {
		return nil, fmt.Errorf("%w: %s, and this build has %s", ErrFormat, h.Format, format)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(SizeMax))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	text, err := z.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	state, err := cluster.DecodeState(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if _, err := h.Mark(); err != nil {
		return nil, err
	}
	if state.Sequence != h.Sequence || state.Seal.Through != h.Through || state.Seal.Hash != h.Sealed || state.LogID != h.Log {
		return nil, fmt.Errorf("%w: its state is of another place", ErrDamaged)
	}
	return &Snapshot{Header: h, State: state}, nil
}
