package natsserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
)

const (
	// openAccount has the streams of an open server, and had them all before roles had
	// accounts.
	openAccount = server.DEFAULT_GLOBAL_ACCOUNT

	// In the store: the folder of an account's streams, in that of a stream the folder
	// of its consumers, in that of a consumer the file that describes it.
	streamsDir, consumersDir, consumerFile = "streams", "obs", "meta.inf"
)

// ErrTwoStores is returned when a store has streams both for a server that is open and
// for one that is closed.
var ErrTwoStores = errors.New("natsserver: the store has streams in two accounts")

// account is the one that has the streams.
func (o Options) account() string {
	if len(o.Users) == 0 {
		return openAccount
	}
	return natsauth.LogAccount
}

// prepare readies the store for the account that has the streams. It may be cut short
// anywhere, and be done again.
func (o Options) prepare() error {
	root := filepath.Join(o.StoreDir, "jetstream")
	account, other := o.account(), natsauth.LogAccount
	if account == other {
		other = openAccount
	}
	moved, err := takeOver(filepath.Join(root, account), filepath.Join(root, other))
	if err != nil {
		return err
	}
	if moved {
		o.Log.Info().Str("from", other).Str("to", account).Msg("the streams of the store are in another account of NATS from now on")
	}
	if account == openAccount {
		return nil
	}
	return o.forgetConsumers(filepath.Join(root, account, streamsDir))
}

// takeOver makes the streams of one account those of another that has none: that is
// the name of a folder.
func takeOver(to, from string) (moved bool, err error) {
	theirs, err := streamsIn(from)
	if err != nil || len(theirs) == 0 {
		return false, err
	}
	ours, err := streamsIn(to)
	if err != nil {
		return false, err
	}
	if len(ours) > 0 {
		return false, fmt.Errorf("%w: %s has %s, and %s has %s; find out which is the log (taurus log check), and move the other folder out of the store",
			ErrTwoStores, to, strings.Join(ours, ", "), from, strings.Join(theirs, ", "))
	}
	// What a server leaves that never had a stream.
	for _, empty := range []string{filepath.Join(to, streamsDir), to} {
		if err := os.Remove(empty); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("natsserver: make place for %s: %w", from, err)
		}
	}
	if err := os.Rename(from, to); err != nil {
		return false, fmt.Errorf("natsserver: take the streams over: %w", err)
	}
	if err := atomicfile.SyncDir(filepath.Dir(to)); err != nil {
		return true, fmt.Errorf("natsserver: take the streams over: %w", err)
	}
	return true, nil
}

// streamsIn are the names of an account's streams. Those that are being removed begin
// with a dot.
func streamsIn(account string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(account, streamsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("natsserver: look for streams: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// forgetConsumers removes the consumers that went with clients of the server before,
// and that pushed what they delivered. A server that starts takes those for consumers
// that somebody listens to, if even a wildcard of its own covers the subject that their
// maker named; it publishes there, and so with a heartbeat could be made to delete a
// stream.
func (o Options) forgetConsumers(streams string) error {
	files, err := filepath.Glob(filepath.Join(streams, "*", consumersDir, "*", consumerFile))
	if err != nil {
		return fmt.Errorf("natsserver: look for consumers: %w", err)
	}
	for _, file := range files {
		stays, err := outlives(file)
		if err != nil {
			return err
		}
		if stays {
			continue
		}
		if err := os.RemoveAll(filepath.Dir(file)); err != nil {
			return fmt.Errorf("natsserver: forget a consumer: %w", err)
		}
		o.Log.Info().Str("consumer", filepath.Dir(file)).Msg("removed a consumer that pushed, and whose client is gone")
	}
	return nil
}

// outlives reports whether a consumer is one that pulls, or that has a name to outlive
// its client by. One that cannot be read does not.
func outlives(file string) (bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("natsserver: look at a consumer: %w", err)
	}
	var c struct {
		Durable string `json:"durable_name"`
		Deliver string `json:"deliver_subject"`
	}
	return json.Unmarshal(text, &c) == nil && (c.Durable != "" || c.Deliver == ""), nil
}
