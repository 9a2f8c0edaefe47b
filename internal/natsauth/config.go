package natsauth

import (
	"fmt"
	"strings"
)

// User is a role with the public key that it is known by, and the subjects that it may
// publish and subscribe to. What is not named is denied.
type User struct {
	Role               Role
	Key                string
	Publish, Subscribe []string
}

// Users are the roles that have a key, with what they may do.
func Users(keys map[Role]string, s Streams) []User {
	var users []User
	for _, r := range Roles() {
		if keys[r] != "" {
			users = append(users, User{Role: r, Key: keys[r], Publish: Publish(r, s), Subscribe: []string{InboxPrefix(keys[r]) + ".>"}})
		}
	}
	return users
}

// TLS are the files of a server; empty for a connection in the clear.
type TLS struct {
	Cert, Key string
	// CA, if not empty, has clients show a certificate of these authorities.
	CA string
}

// Server is what a nats-server is configured with.
type Server struct {
	Name, Listen, StoreDir string
	// MaxPayload is the largest message in bytes.
	MaxPayload int
	// MaxStore is what all streams may take, in bytes; 0 leaves it to the server.
	MaxStore int64
	// Monitor is the address of the monitoring port; empty is none. It asks nobody who
	// they are.
	Monitor string
	TLS     TLS
	Users   []User
	// Cluster is nil for a server of its own.
	Cluster *Cluster
}

// Cluster is what makes a server one of several.
type Cluster struct {
	Name, Listen string
	// Secret is the file that says how the servers reach each other, with their
	// password; relative to the configuration.
	Secret string
}

// Config is the server's configuration as nats-server reads it. It holds no secret.
func (s Server) Config() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# A nats-server for taurus, which needs 2.15 or newer; made by `taurus nats config`.")
	line("# It holds no secret. Streams that older versions made are in another account:")
	line("# see docs/operating.md, Taking over streams of before.")
	line("server_name: %q", s.Name)
	line("listen: %q", s.Listen)
	if s.Monitor != "" {
		line("# It asks nobody who they are: let no others reach it.")
		line("http: %q", s.Monitor)
	}
	line("max_payload: %d", s.MaxPayload)
	line("\njetstream {")
	line("  store_dir: %q", s.StoreDir)
	line("  # Without it an acknowledged event can be lost on power failure.")
	line("  sync_interval: always")
	if s.MaxStore > 0 {
		line("  max_file_store: %d", s.MaxStore)
	}
	line("}")
	writeTLS(line, "", s.TLS)
	s.writeCluster(line)
	line("\n# Who is not here is refused; what is not allowed here is denied.")
	b.WriteString(Accounts(s.Users))
	return b.String()
}

func (s Server) writeCluster(line func(string, ...any)) {
	if s.Cluster == nil {
		return
	}
	line("\ncluster {")
	line("  name: %q", s.Cluster.Name)
	line("  listen: %q", s.Cluster.Listen)
	line("  # The other servers, and their password, in a file beside this one.")
	line("  include %q", s.Cluster.Secret)
	writeTLS(line, "  ", s.TLS)
	line("}")
}

// writeTLS has clients, and other servers, show a certificate where an authority is
// named.
func writeTLS(line func(string, ...any), indent string, t TLS) {
	if t.Cert == "" {
		return
	}
	line(indent + "tls {")
	line(indent+"  cert_file: %q", t.Cert)
	line(indent+"  key_file: %q", t.Key)
	if t.CA != "" {
		line(indent+"  ca_file: %q", t.CA)
		line(indent + "  verify: true")
	}
	line(indent + "}")
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, ", ")
}
