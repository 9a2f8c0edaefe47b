package mesos

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zkInfo is what the nodes of masters are called, followed by a sequence number.
const zkInfo = "json.info_"

// zkMastersMax bounds how many masters are looked at; a cluster has three or five.
const zkMastersMax = 64

// zkReader is as much of ZooKeeper as finding a master takes.
type zkReader interface {
	Children(path string) ([]string, error)
	Get(path string) ([]byte, error)
	Close()
}

// zooKeeper finds the leader as Mesos' own detector does: the master with the
// smallest sequence number under path leads. It asks anew each time; that the
// leader changed is told by the end of the subscription.
type zooKeeper struct {
	path    string
	secure  bool
	timeout time.Duration
	connect func(ctx context.Context) (zkReader, error)
	known   advertised
}

func newZooKeeper(cfg Config) (*zooKeeper, error) {
	servers, auth, dir, err := parseZK(cfg.Master)
	if err != nil {
		return nil, err
	}
	log := cfg.Log
	return &zooKeeper{
		path:    dir,
		secure:  cfg.TLS.enabled(),
		timeout: cfg.CallTimeout,
		connect: func(ctx context.Context) (zkReader, error) { return dialZK(ctx, servers, auth, log) },
	}, nil
}

// parseZK takes zk://[user:password@]host:port,host:port/path apart.
func parseZK(master string) (servers []string, auth, dir string, err error) {
	rest := strings.TrimPrefix(master, "zk://")
	hosts, dir, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(hosts, "@"); i >= 0 {
		auth, hosts = hosts[:i], hosts[i+1:]
		if user, password, ok := strings.Cut(auth, ":"); !ok || user == "" || password == "" {
			return nil, "", "", &ConfigError{Field: "master", Reason: "zk credentials must be user:password"}
		}
		if plain, err := url.PathUnescape(auth); err == nil {
			auth = plain
		}
	}
	if strings.Contains(dir, "@") {
		return nil, "", "", &ConfigError{Field: "master", Reason: "zk address has an '@' in its path; in a password '/' is written %2F and '@' %40"}
	}
	if dir = "/" + strings.Trim(dir, "/"); dir == "/" {
		return nil, "", "", &ConfigError{Field: "master", Reason: "zk address needs a path, as in zk://host:2181/mesos"}
	}
	for server := range strings.SplitSeq(hosts, ",") {
		host, port, err := net.SplitHostPort(server)
		if err != nil || host == "" || port == "" {
			return nil, "", "", &ConfigError{Field: "master", Reason: fmt.Sprintf("zk server %q needs a host and a port", server)}
		}
		servers = append(servers, server)
	}
	return servers, auth, dir, nil
}

// Candidates gives the leader's addresses: by IP and by name, since either may
// not work from here.
func (z *zooKeeper) Candidates(ctx context.Context) ([]string, error) {
	bases, err := z.ask(ctx, z.read)
	if err == nil {
		z.known.add(bases)
	}
	return bases, err
}

// ask has a session of ZooKeeper read.
func (z *zooKeeper) ask(ctx context.Context, read func(zkReader) ([]string, error)) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, z.timeout)
	defer cancel()
	conn, err := z.connect(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, z.silent(ctx)
	case err != nil:
		return nil, fmt.Errorf("%w: zookeeper: %w", ErrUnavailable, err)
	}
	type found struct {
		bases []string
		err   error
	}
	done := make(chan found, 1)
	go func() {
		bases, err := read(conn)
		done <- found{bases, err}
	}()
	select {
	case f := <-done:
		conn.Close()
		return f.bases, f.err
	case <-ctx.Done():
		// Closing makes the reader give up.
		conn.Close()
		<-done
		return nil, z.silent(ctx)
	}
}

// silent is the error once ctx is done.
func (z *zooKeeper) silent(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: zookeeper: no answer within %s", ErrUnavailable, z.timeout)
}

func (z *zooKeeper) read(conn zkReader) ([]string, error) {
	children, err := conn.Children(z.path)
	if err != nil {
		return nil, fmt.Errorf("%w: zookeeper: %s: %w", ErrUnavailable, z.path, err)
	}
	leader := smallest(children)
	if leader == "" {
		return nil, fmt.Errorf("%w: zookeeper: no master under %s", ErrUnavailable, z.path)
	}
	// The node may be gone by now; then there is another leader, soon.
	data, err := conn.Get(z.path + "/" + leader)
	if err != nil {
		return nil, fmt.Errorf("%w: zookeeper: %s: %w", ErrUnavailable, leader, err)
	}
	return masterBases(data, z.secure)
}

// readAll is what read is for all masters, the leader and those that stand by. One
// that cannot be read is left out.
func (z *zooKeeper) readAll(conn zkReader) ([]string, error) {
	children, err := conn.Children(z.path)
	if err != nil {
		return nil, fmt.Errorf("%w: zookeeper: %s: %w", ErrUnavailable, z.path, err)
	}
	var all []string
	masters := 0
	for _, name := range children {
		if !strings.HasPrefix(name, zkInfo) {
			continue
		}
		if masters++; masters > zkMastersMax {
			return nil, fmt.Errorf("%w: zookeeper: more than %d masters under %s", ErrProtocol, zkMastersMax, z.path)
		}
		data, err := conn.Get(z.path + "/" + name)
		if err != nil {
			continue // It is gone by now.
		}
		bases, err := masterBases(data, z.secure)
		if err == nil {
			all = append(all, bases...)
		}
	}
	return all, nil
}

// smallest is the node of the leader, empty if there is none.
func smallest(children []string) string {
	leader, least := "", uint64(0)
	for _, name := range children {
		digits, ok := strings.CutPrefix(name, zkInfo)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err == nil && (leader == "" || n < least) {
			leader, least = name, n
		}
	}
	return leader
}

// masterBases makes base URLs of a MasterInfo in v0 JSON.
func masterBases(data []byte, secure bool) ([]string, error) {
	var info struct {
		Hostname string `json:"hostname"`
		// IP is in network order, as read on a little-endian machine.
		IP      uint32 `json:"ip"`
		Port    int    `json:"port"`
		Address struct {
			Hostname string `json:"hostname"`
			IP       string `json:"ip"`
			Port     int    `json:"port"`
		} `json:"address"`
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return nil, fmt.Errorf("%w: zookeeper: MasterInfo: %w", ErrProtocol, err)
	}
	ip, name, port := info.Address.IP, info.Address.Hostname, info.Address.Port
	if ip == "" && info.IP != 0 {
		ip = net.IP(binary.LittleEndian.AppendUint32(nil, info.IP)).String()
	}
	if name == "" {
		name = info.Hostname
	}
	if port == 0 {
		port = info.Port
	}
	if port <= 0 || (ip == "" && name == "") {
		return nil, fmt.Errorf("%w: zookeeper: MasterInfo without an address", ErrProtocol)
	}
	scheme, hosts := "http", []string{ip, name}
	if secure {
		// Certificates are for names.
		scheme, hosts = "https", []string{name, ip}
	}
	var bases []string
	for _, host := range hosts {
		base := scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
		if host != "" && !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	return bases, nil
}
