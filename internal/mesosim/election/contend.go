package election

import (
	"context"
	"encoding/json"
	"fmt"
)

// enlister puts an ephemeral sequential node into a directory.
type enlister interface {
	enlist(ctx context.Context, path string, data []byte) error
}

// Contend enters m into the election. It stands until the session is lost or
// closed.
func (s *Session) Contend(ctx context.Context, m Master) error {
	return contend(ctx, s, s.address.Path, m)
}

func contend(ctx context.Context, zk enlister, dir string, m Master) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("election: %w", err)
	}
	if err := zk.enlist(ctx, dir+"/"+label, data); err != nil {
		return fmt.Errorf("election: %w", err)
	}
	return nil
}
