package natsserver_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

const subject = "taurus.ev.ctl.log"

// house is a store with what opens it.
type house struct {
	keys  string
	users []natsauth.User
	store string
}

func newHouse(t *testing.T) house {
	t.Helper()
	keys := t.TempDir()
	if _, err := natskeys.Make(keys, natskeys.Options{}); err != nil {
		t.Fatal(err)
	}
	public, err := natskeys.Public(filepath.Join(keys, natskeys.ServerDir))
	if err != nil {
		t.Fatal(err)
	}
	return house{keys, natsauth.Users(public, natsauth.StreamsOf(jetstream.DefaultStream)), t.TempDir()}
}

// folder is that of an account.
func (h house) folder(account string) string { return filepath.Join(h.store, "jetstream", account) }

func (h house) options(closed bool) natsserver.Options {
	o := natsserver.Options{Listen: "127.0.0.1:0", StoreDir: h.store, MaxStore: 64 << 20}
	if closed {
		o.Users = h.users
	}
	return o
}

// write starts a server, wants as many records as are there, and adds one.
func (h house) write(t *testing.T, closed bool, there uint64) {
	t.Helper()
	s := start(t, h.options(closed))
	defer s.Close()
	o := jetstream.Options{URL: "nats://" + s.Addr()}
	if closed {
		o.NKeySeed = natskeys.Seed(h.keys, natsauth.Admin)
		public, err := natskeys.Check(o.NKeySeed)
		if err != nil {
			t.Fatal(err)
		}
		o.InboxPrefix = natsauth.InboxPrefix(public)
	}
	if there == 0 {
		if err := jetstream.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	log, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if b, err := log.Bounds(t.Context()); err != nil || b.Last != there {
		t.Fatalf("the log ends at %d, %v, want %d", b.Last, err, there)
	}
	m := eventlog.Message{Subject: subject, Data: []byte("x")}
	if _, err := log.Append(t.Context(), eventlog.Decision(m, there)); err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	for _, err := range log.Read(t.Context(), 1, there+1) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != there+1 {
		t.Fatalf("reads %d records, want %d", n, there+1)
	}
}

// TestStoreIsTakenOver: a store of before, when NATS was open or had one account for
// all, is one that a closed server goes on with, and the other way round.
func TestStoreIsTakenOver(t *testing.T) {
	h := newHouse(t)
	for n, closed := range []bool{false, true, true, false, false, true} {
		h.write(t, closed, uint64(n))
		account, other := "$G", natsauth.LogAccount
		if closed {
			account, other = other, account
		}
		if _, err := os.Stat(h.folder(account)); err != nil {
			t.Errorf("round %d: %v", n, err)
		}
		if _, err := os.Stat(h.folder(other)); err == nil {
			t.Errorf("round %d: %s is there still", n, h.folder(other))
		}
	}
}

// TestStoreOfTheOtherKindIsEmpty: a server that never had a stream leaves folders,
// which are in nobody's way.
func TestStoreOfTheOtherKindIsEmpty(t *testing.T) {
	h := newHouse(t)
	h.write(t, false, 0)
	if err := os.MkdirAll(filepath.Join(h.folder(natsauth.LogAccount), "streams"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.write(t, true, 1)
	if err := os.MkdirAll(filepath.Join(h.folder("$G"), "streams", ".TAURUS"), 0o700); err != nil { // Being removed.
		t.Fatal(err)
	}
	h.write(t, true, 2)
}

// TestTwoStoresAreRefused, whichever is asked for, and left as they are.
func TestTwoStoresAreRefused(t *testing.T) {
	h := newHouse(t)
	h.write(t, true, 0)
	aside := filepath.Join(t.TempDir(), "aside")
	if err := os.Rename(h.folder(natsauth.LogAccount), aside); err != nil {
		t.Fatal(err)
	}
	h.write(t, false, 0)
	if err := os.Rename(aside, h.folder(natsauth.LogAccount)); err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{true, false} {
		_, err := natsserver.Start(t.Context(), h.options(closed))
		if !errors.Is(err, natsserver.ErrTwoStores) || !strings.Contains(err.Error(), h.folder("$G")) ||
			!strings.Contains(err.Error(), h.folder(natsauth.LogAccount)) || !strings.Contains(err.Error(), "taurus log check") {
			t.Errorf("closed %t: %v", closed, err)
		}
	}
	// The way out that the message names.
	if err := os.Rename(h.folder("$G"), aside); err != nil {
		t.Fatal(err)
	}
	h.write(t, true, 1)
}

// TestAConsumerThatPushesIsForgotten when its client has gone with the server before;
// others stay.
func TestAConsumerThatPushesIsForgotten(t *testing.T) {
	h := newHouse(t)
	h.write(t, true, 0)
	s := start(t, h.options(true))
	key, err := nats.NkeyOptionFromSeed(natskeys.Seed(h.keys, natsauth.Admin))
	if err != nil {
		t.Fatal(err)
	}
	public, err := natskeys.Check(natskeys.Seed(h.keys, natsauth.Admin))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("nats://"+s.Addr(), key, nats.CustomInboxPrefix(natsauth.InboxPrefix(public)))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for name, config := range map[string]string{
		"pushes":         `"deliver_subject":"x"`,
		"pushes-durable": `"deliver_subject":"x","durable_name":"pushes-durable"`,
		"pulls":          `"max_waiting":5`,
	} {
		request := `{"stream_name":"TAURUS","config":{"ack_policy":"none","inactive_threshold":3600000000000,"name":"` + name + `",` + config + `}}`
		answer, err := nc.RequestWithContext(t.Context(), "$JS.API.CONSUMER.CREATE.TAURUS."+name, []byte(request))
		if err != nil || strings.Contains(string(answer.Data), `"error"`) {
			t.Fatalf("%s: %v, %s", name, err, answer.Data)
		}
	}
	s.Close()
	start(t, h.options(true)).Close()
	left, err := filepath.Glob(filepath.Join(h.folder(natsauth.LogAccount), "streams", "TAURUS", "obs", "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "pulls" || filepath.Base(left[1]) != "pushes-durable" {
		t.Errorf("left are %q, %v", left, err)
	}
}
