package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/ready"
)

// PolicyEvery is how often the file of the policy is looked at.
const PolicyEvery = 2 * time.Second

// policyFile keeps the policy of the log as a file has it. The file is read again and again,
// as what replaces it, be it a mount of a secret, tells nobody; and its content is compared,
// since a time of modification may stay.
type policyFile struct {
	path string
	// seen is the content that was looked at last, known whether one was.
	seen  []byte
	known bool
	// coming is what it had at the last look, if that was something new: half of a file may be
	// a policy, too, so it is taken once it stays.
	coming []byte
	// trouble is why it is not what jobs are held to, nil if it is.
	trouble error
}

// keepPolicy has the log follow the file until ctx ends.
func (s *Service) keepPolicy(ctx context.Context) {
	select {
	case <-s.live.CaughtUp():
	case <-ctx.Done():
		return
	}
	f := &policyFile{path: s.opts.PolicyFile}
	tick := time.NewTicker(s.opts.PolicyEvery)
	defer tick.Stop()
	for {
		s.lookAtPolicy(ctx, f)
		s.settled()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// lookAtPolicy takes in what the file has, if that is something else than before. One that is
// wrong is refused, and the policy stays as it is.
func (s *Service) lookAtPolicy(ctx context.Context, f *policyFile) {
	text, err := readPolicy(f.path)
	if err == nil && f.known && bytes.Equal(text, f.seen) && f.trouble == nil {
		return
	}
	again := f.known && bytes.Equal(text, f.seen)
	if err == nil && f.known && !again && !bytes.Equal(text, f.coming) {
		f.coming = text
		return
	}
	f.coming = nil
	f.seen, f.known = text, true
	if err == nil {
		_, err = policy.Decode(text)
	}
	if err == nil {
		err = s.setPolicy(ctx, text)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil && (f.trouble == nil || !again || f.trouble.Error() != err.Error()) {
		s.log.Error().Err(err).Str("file", f.path).Msg("the policy is refused, and stays as it was; mend the file")
	}
	f.trouble = err
	s.policyTrouble(err)
}

// setPolicy appends the policy, if it is not what the log has.
func (s *Service) setPolicy(ctx context.Context, text []byte) error {
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	ctx, cancel := context.WithTimeout(ctx, policyPatience)
	defer cancel()
	before := s.live.Sequence()
	sequence, err := s.commander.DoAccess(ctx, commander.Author{Actor: "taurus/api/" + s.opts.Instance}, access.SetPolicy{Hash: hash, Text: string(text)})
	if err != nil {
		return fmt.Errorf("append it to the log: %w", err)
	}
	s.log.Info().Str("hash", hash[:12]).Uint64("seq", sequence).Bool("new", sequence > before).Str("file", s.opts.PolicyFile).Msg("the policy is that of the file")
	return nil
}

// policyPatience is how long the log may take to store a policy before that is told.
const policyPatience = 30 * time.Second

// readPolicy reads no more of a file than a policy may have.
func readPolicy(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // The operator names it.
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, policy.SizeMax+1))
}

// policyTrouble notes why jobs are not held to the file, nil if they are.
func (s *Service) policyTrouble(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = err
	s.metrics.refused.Set(0)
	if err != nil {
		s.metrics.refused.Set(1)
	}
}

// policyCheck says whether jobs are held to the file.
func (s *Service) policyCheck() (ready.Check, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		return ready.Check{}, false
	}
	return ready.Check{Name: "policy", Level: ready.Warn, Detail: fmt.Sprintf("the policy in %s is refused, and stays as it was: %v", s.opts.PolicyFile, s.refused)}, true
}
