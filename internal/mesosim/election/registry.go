package election

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

const (
	// MaxRegistry is how many bytes a compressed registry may have: what ZooKeeper
	// takes in one request, its jute.maxbuffer, less the request's own fields.
	// Ten thousand agents that are alike take a tenth of it.
	MaxRegistry = 0xfffff - 4096
	// maxPlain bounds what a registry may expand to.
	maxPlain = 1 << 30

	registryNode = "registry"
)

// keeper reads and writes nodes that last.
type keeper interface {
	// load gives a node's data and version; a node that is not there has the
	// version -1.
	load(ctx context.Context, path string) (data []byte, version int32, err error)
	// store writes a node that has still the version given, which is -1 to create
	// it, and returns its new one. Otherwise it is ErrFenced.
	store(ctx context.Context, path string, data []byte, version int32) (int32, error)
}

// Registry is the registry of the cluster, as its leader writes it. It must not
// be used concurrently.
type Registry struct {
	zk      keeper
	path    string
	writer  string
	version int32
}

// Recover takes the registry over for the master with this id and returns it as the
// last leader left it, empty if there was none. No earlier leader can write it from
// then on.
func (s *Session) Recover(ctx context.Context, id string) (*Registry, []byte, error) {
	return recoverRegistry(ctx, s, s.address.Path, id)
}

func recoverRegistry(ctx context.Context, zk keeper, dir, id string) (*Registry, []byte, error) {
	r := &Registry{zk: zk, path: dir + "/" + registryNode, writer: id}
	for {
		packed, version, err := zk.load(ctx, r.path)
		if err != nil {
			return nil, nil, fmt.Errorf("registry: %w", err)
		}
		text, err := unpack(packed)
		if err != nil {
			return nil, nil, fmt.Errorf("registry: %s: %w", r.path, err)
		}
		r.version = version
		// The last leader may still be writing: then what was read is not the last.
		if err := r.Save(ctx, text); !errors.Is(err, ErrFenced) {
			return r, text, err
		}
	}
}

// Save replaces the registry. After an error it may or may not be stored; the
// master must not go on.
func (r *Registry) Save(ctx context.Context, text []byte) error {
	packed, err := r.pack(text)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	if len(packed) > MaxRegistry {
		return fmt.Errorf("%w: %d bytes, at most %d: use fewer agents, or one master with its registry on disk", ErrTooLarge, len(packed), MaxRegistry)
	}
	version, err := r.zk.store(ctx, r.path, packed, r.version)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	r.version = version
	return nil
}

// pack compresses the registry and signs it with the writer, so that no two
// masters ever write the same.
func (r *Registry) pack(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Comment = r.writer
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPlain+1))
	if err == nil && len(text) > maxPlain {
		return nil, ErrTooLarge
	}
	return text, err
}
