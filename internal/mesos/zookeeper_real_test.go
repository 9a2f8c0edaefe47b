package mesos

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/zktest"
)

// The detector follows the masters of a real ZooKeeper, behind a password.
func TestRealZooKeeper(t *testing.T) {
	addr := zktest.Start(t).Addr
	conn, _, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogger(zkLog{zerolog.Nop()}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The library gives up each time it finds nobody; Java takes its time to start.
	testwait.Until(t, "ZooKeeper is there", func() bool {
		err := conn.AddAuth("digest", []byte("user:secret"))
		if err != nil && !errors.Is(err, zk.ErrNoServer) {
			t.Fatal(err)
		}
		return err == nil
	})
	acl := zk.DigestACL(zk.PermAll, "user", "secret")
	create := func(path, data string, flags int32) string {
		name, err := conn.Create(path, []byte(data), flags, acl)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	m := newFakeMaster(t)
	host, port, _ := strings.Cut(m.host(), ":")
	info := func(port string) string {
		return fmt.Sprintf(`{"id":"m","address":{"ip":%q,"hostname":"localhost","port":%s}}`, host, port)
	}
	create("/mesos", "", 0)
	create("/mesos/log_replicas", "", 0)
	_, deadPort, _ := strings.Cut(closedPort(t), ":")
	old := create("/mesos/json.info_", info(deadPort), zk.FlagEphemeral|zk.FlagSequence)
	create("/mesos/json.info_", info(port), zk.FlagEphemeral|zk.FlagSequence)

	// The first server has no address, which must not hide the other.
	c := testClient(t, testConfig("zk://user:secret@no..name:2181,"+addr+"/mesos"))
	if _, err := c.Subscribe(t.Context(), testInfo()); err == nil {
		t.Fatal("subscribed with a master that does not lead")
	}
	if err := conn.Delete(old, -1); err != nil {
		t.Fatal(err)
	}
	s, err := c.Subscribe(t.Context(), testInfo())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Master() != "http://"+m.host() {
		t.Errorf("subscribed with %s", s.Master())
	}
	stranger := testClient(t, testConfig("zk://"+addr+"/mesos"))
	if _, err := stranger.Subscribe(t.Context(), testInfo()); err == nil {
		t.Error("read what is behind a password without it")
	}
}
