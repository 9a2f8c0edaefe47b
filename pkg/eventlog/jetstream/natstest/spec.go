package natstest

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// spec is what tells one server from another.
type spec struct {
	Name        string `json:"name"`
	Port        int    `json:"port"`
	StoreDir    string `json:"store_dir"`
	Cluster     string `json:"cluster"`      // Empty for a server of its own.
	ClusterPort int    `json:"cluster_port"` // 0 for a server of its own.
	Routes      string `json:"routes"`
}

// specs returns those of n servers, a cluster if there are several.
func specs(t testing.TB, n int) []spec {
	t.Helper()
	dir := t.TempDir()
	list := make([]spec, n)
	ports := FreePorts(t, 2*n)
	// Servers that find each other by mistake, since one has the port that another had,
	// are not of one cluster.
	cluster := "natstest-" + rand.Text()
	var routes []string
	for i := range list {
		name := fmt.Sprintf("n%d", i+1)
		list[i] = spec{Name: name, Port: ports[i], StoreDir: filepath.Join(dir, name)}
		if n > 1 {
			list[i].Cluster, list[i].ClusterPort = cluster, ports[n+i]
			routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", list[i].ClusterPort))
		}
	}
	for i := range list {
		list[i].Routes = strings.Join(routes, ",")
	}

	return list
}

func (s spec) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", s.Port) }

func (s spec) options() *server.Options {
	o := &server.Options{
		ServerName: s.Name,
		Host:       "127.0.0.1",
		Port:       s.Port,
		JetStream:  true,
		StoreDir:   s.StoreDir,
		SyncAlways: true,
		NoLog:      true,
		NoSigs:     true,
	}
	if s.ClusterPort != 0 {
		o.Cluster.Name = s.Cluster
		o.Cluster.Host = "127.0.0.1"
		o.Cluster.Port = s.ClusterPort
		o.Routes = server.RoutesFromStr(s.Routes)
	}

	return o
}
