package mesos

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParseZK(t *testing.T) {
	servers, auth, dir, err := parseZK("zk://user:p%40ss@a:2181,b:2182/mesos/prod/")
	if err != nil || !slices.Equal(servers, []string{"a:2181", "b:2182"}) || auth != "user:p@ss" || dir != "/mesos/prod" {
		t.Errorf("got %v %q %q, %v", servers, auth, dir, err)
	}
	servers, auth, dir, err = parseZK("zk://a:2181/mesos")
	if err != nil || len(servers) != 1 || auth != "" || dir != "/mesos" {
		t.Errorf("got %v %q %q, %v", servers, auth, dir, err)
	}
}

func TestSmallest(t *testing.T) {
	for _, tt := range []struct {
		children []string
		want     string
	}{
		{nil, ""},
		{[]string{"log_replicas", "info_0000000001", "json.info_x"}, ""},
		{[]string{"json.info_0000000012", "json.info_0000000003", "log_replicas"}, "json.info_0000000003"},
		{[]string{"json.info_9999999999", "json.info_10000000000"}, "json.info_9999999999"},
	} {
		if got := smallest(tt.children); got != tt.want {
			t.Errorf("%v: got %q", tt.children, got)
		}
	}
}

const masterInfoJSON = `{"address":{"hostname":"h","ip":"10.0.0.1","port":5051},"hostname":"h","id":"m","ip":16777226,"pid":"master@10.0.0.1:5051","port":5051,"version":"1.11.0"}`

func TestMasterBases(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		secure     bool
		want       []string
	}{
		{"plain", masterInfoJSON, false, []string{"http://10.0.0.1:5051", "http://h:5051"}},
		{"TLS", masterInfoJSON, true, []string{"https://h:5051", "https://10.0.0.1:5051"}},
		{"old", `{"hostname":"h","ip":16777226,"port":5050}`, false, []string{"http://10.0.0.1:5050", "http://h:5050"}},
		{"named by its address", `{"address":{"hostname":"10.0.0.1","ip":"10.0.0.1","port":1}}`, false, []string{"http://10.0.0.1:1"}},
		{"no address", `{"id":"m","port":5050}`, false, nil},
		{"no port", `{"hostname":"h","ip":16777226}`, false, nil},
		{"garbage", `x`, false, nil},
	} {
		got, err := masterBases([]byte(tt.data), tt.secure)
		if !slices.Equal(got, tt.want) || (tt.want == nil) != errors.Is(err, ErrProtocol) {
			t.Errorf("%s: got %v, %v", tt.name, got, err)
		}
	}
}

// fakeZK is a ZooKeeper in memory.
type fakeZK struct {
	children []string
	data     map[string]string
	err      error
	// hang makes reads wait for Close.
	hang   bool
	once   sync.Once
	closed chan struct{}
}

func newFakeZK() *fakeZK { return &fakeZK{data: map[string]string{}, closed: make(chan struct{})} }

func (z *fakeZK) Children(string) ([]string, error) {
	if z.hang {
		<-z.closed
		return nil, errors.New("closed")
	}
	return z.children, z.err
}

func (z *fakeZK) Get(path string) ([]byte, error) {
	data, ok := z.data[path]
	if !ok {
		return nil, errors.New("no node")
	}
	return []byte(data), nil
}

func (z *fakeZK) Close() { z.once.Do(func() { close(z.closed) }) }

func (z *fakeZK) detector(timeout time.Duration) *zooKeeper {
	return &zooKeeper{path: "/mesos", timeout: timeout, connect: func(context.Context) (zkReader, error) { return z, nil }}
}

func TestZooKeeperFindsTheLeader(t *testing.T) {
	z := newFakeZK()
	z.children = []string{"json.info_0000000007", "json.info_0000000002"}
	z.data["/mesos/json.info_0000000002"] = masterInfoJSON
	got, err := z.detector(time.Minute).Candidates(t.Context())
	if err != nil || !slices.Equal(got, []string{"http://10.0.0.1:5051", "http://h:5051"}) {
		t.Errorf("got %v, %v", got, err)
	}
	<-z.closed
}

func TestZooKeeperHasNoLeader(t *testing.T) {
	empty, broken, gone, hanging := newFakeZK(), newFakeZK(), newFakeZK(), newFakeZK()
	broken.err = errors.New("no auth")
	gone.children = []string{"json.info_0000000001"}
	hanging.hang = true
	for name, z := range map[string]*fakeZK{"empty": empty, "broken": broken, "gone": gone, "hanging": hanging} {
		if _, err := z.detector(20 * time.Millisecond).Candidates(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
		<-z.closed
	}
	refused := &zooKeeper{timeout: time.Second, connect: func(context.Context) (zkReader, error) { return nil, errors.New("no servers") }}
	if _, err := refused.Candidates(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("refused: got %v", err)
	}
}

// The search for the servers ends with its context, which is no fault of theirs.
func TestZooKeeperSearchStops(t *testing.T) {
	for _, timeout := range []time.Duration{time.Millisecond, time.Hour} {
		ctx, cancel := context.WithCancel(t.Context())
		searching := &zooKeeper{timeout: timeout, connect: func(ctx context.Context) (zkReader, error) {
			if timeout == time.Hour {
				cancel()
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		_, err := searching.Candidates(ctx)
		if stopped := timeout == time.Hour; errors.Is(err, context.Canceled) != stopped || errors.Is(err, ErrUnavailable) == stopped {
			t.Errorf("after %s: %v", timeout, err)
		}
		cancel()
	}
}

// A server without an address must not hide the others.
func TestZooKeeperServersAreFound(t *testing.T) {
	lookup := func(ctx context.Context, host string) ([]string, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Errorf("the lookup of %s may last for ever", host)
		}
		switch host {
		case "a":
			return []string{"10.0.0.1", "fd00::1"}, nil
		case "b":
			return []string{"10.0.0.2"}, nil
		}
		return nil, errors.New("no such host")
	}
	for _, tt := range []struct {
		servers, found []string
		lost           string
	}{
		{[]string{"a:2181", "b:2182"}, []string{"10.0.0.1:2181", "[fd00::1]:2181", "10.0.0.2:2182"}, ""},
		{[]string{"gone:1", "b:2182"}, []string{"10.0.0.2:2182"}, "gone:1"},
		{[]string{"gone:1"}, nil, "gone:1"},
	} {
		found, err := lookUp(t.Context(), lookup, tt.servers)
		if !slices.Equal(found, tt.found) {
			t.Errorf("%v: found %v", tt.servers, found)
		}
		if (err != nil) != (tt.lost != "") || err != nil && !strings.Contains(err.Error(), tt.lost) {
			t.Errorf("%v: %v, want an error about %q", tt.servers, err, tt.lost)
		}
	}
}

// Nobody listens where ZooKeeper should be: an answer after the timeout, and
// nothing left running.
func TestZooKeeperUnreachable(t *testing.T) {
	cfg := testConfig("zk://user:secret@" + closedPort(t) + "/mesos")
	cfg.CallTimeout = 50 * time.Millisecond
	c := testClient(t, cfg)
	if _, err := c.Subscribe(t.Context(), testInfo()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Subscribe(ctx, testInfo()); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("cancelled: got %v", err)
	}
}

func FuzzMasterBases(f *testing.F) {
	f.Add([]byte(masterInfoJSON))
	f.Add([]byte(`{"ip":1,"port":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := masterBases(data, false)
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("got %v, %v", got, err)
		}
	})
}
