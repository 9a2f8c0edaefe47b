package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
)

// nats closes NATS to all but taurus.
func (a *App) nats() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nats",
		Short: "Close NATS to all but taurus",
		Long: "Make the keys by which NATS knows the roles of taurus, and the configuration of a\n" +
			"nats-server that lets each write what is its own, and nobody else in.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.natsKeys(), a.natsConfig())
	return cmd
}

// natsKeys makes the keys.
func (a *App) natsKeys() *cobra.Command {
	var owner string
	var routes []string
	cmd := &cobra.Command{
		Use:   "keys DIR",
		Short: "Make a key for each role that has none",
		Long: "Make a key for each role that has none: api, planner, launcher, reaper, admin for\n" +
			"`taurus log`, and observer, who only reads. Secrets are written to DIR/<role>/seed.nk,\n" +
			"readable for their owner alone, and printed nowhere; give each host the folder of its\n" +
			"role. What NATS servers need is in DIR/server.",
		Example: "  taurus nats keys /etc/taurus/keys\n  taurus nats keys /etc/taurus/keys --routes n1:6222,n2:6222,n3:6222",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			who, err := parseOwner(owner)
			if err == nil {
				err = checkAddresses(routes...)
			}
			if err != nil {
				return err
			}
			made, err := natskeys.Make(args[0], natskeys.Options{Owner: who, Routes: routes})
			if err != nil {
				return err
			}
			return a.show(struct {
				Made []natsauth.Role `json:"made"`
			}{made}, func(io.Writer) error {
				if len(made) == 0 {
					say(a.Err, "every role has its key in %s", args[0])
					return nil
				}
				say(a.Err, "made %s in %s", count(uint32(len(made)), "key"), args[0])
				return nil
			})
		},
	}
	cmd.Flags().StringSliceVar(&routes, "routes", nil, "`host:port` of each server of a cluster, for the others; writes DIR/server/cluster.conf")
	cmd.Flags().StringVar(&owner, "owner", "", "`UID:GID` that the secrets of the services are given to; the admin's is not")
	return cmd
}

func parseOwner(text string) (*natskeys.Owner, error) {
	if text == "" {
		return nil, nil
	}
	u, g, _ := strings.Cut(text, ":")
	uid, errU := strconv.ParseUint(u, 10, 31)
	gid, errG := strconv.ParseUint(g, 10, 31)
	if errors.Join(errU, errG) != nil {
		return nil, usagef("--owner %s: give numbers, UID:GID", text)
	}
	return &natskeys.Owner{UID: int(uid), GID: int(gid)}, nil
}

// natsConfigFlags are those of `nats config`.
type natsConfigFlags struct {
	keys, stream, name, listen, store string
	maxStore                          service.Bytes
	cluster, clusterListen            string
	monitor, write                    string
	tls                               natsauth.TLS
}

// natsConfig prints the configuration of a server.
func (a *App) natsConfig() *cobra.Command {
	var f natsConfigFlags
	cmd := &cobra.Command{
		Use:   "config --keys DIR",
		Short: "Print the configuration of a nats-server for taurus",
		Long: "Print the configuration of a nats-server, 2.15 or newer, that lets the roles of taurus\n" +
			"in by their keys, each with the subjects that are its own, and nobody else. It holds\n" +
			"no secret. For a server of several give --cluster and a --name of its own, and put\n" +
			"the cluster.conf of `taurus nats keys --routes` beside the configuration.",
		Example: "  taurus nats config --keys keys/server --store-dir /var/lib/nats >nats.conf\n" +
			"  taurus nats config --keys keys/server --name n1 --cluster taurus --tls-cert n1.pem --tls-key n1-key.pem >n1.conf",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			s, err := f.server()
			if err != nil {
				return err
			}
			if f.write != "" {
				return atomicfile.Replace(f.write, []byte(s.Config()))
			}
			if _, err := io.WriteString(a.Out, s.Config()); err != nil {
				return fmt.Errorf("write: %w", err)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.keys, "keys", "", "`directory` of what taurus nats keys made for servers; required")
	flags.StringVar(&f.stream, "stream", wiring.DefaultStream, "`name` of the log's stream")
	flags.StringVar(&f.name, "name", "taurus", "`name` of the server, its own in a cluster")
	flags.StringVar(&f.listen, "listen", "0.0.0.0:4222", "`address` for clients")
	flags.StringVar(&f.store, "store-dir", "/var/lib/nats", "`directory` that streams are kept in")
	flags.Var(&f.maxStore, "max-store", "`size` that all streams may take; 0 is three quarters of what the disk has free")
	flags.StringVar(&f.monitor, "monitor", "", "`address` of the monitoring port, best of the loopback; it asks nobody who they are, so none by default")
	flags.StringVar(&f.write, "write", "", "`file` to write in place of standard output")
	flags.StringVar(&f.cluster, "cluster", "", "`name` of the cluster; none for a server of its own")
	flags.StringVar(&f.clusterListen, "cluster-listen", "0.0.0.0:6222", "`address` for the other servers")
	flags.StringVar(&f.tls.Cert, "tls-cert", "", "PEM `file` of the server's certificate; turns TLS on")
	flags.StringVar(&f.tls.Key, "tls-key", "", "PEM `file` of that certificate's key")
	flags.StringVar(&f.tls.CA, "tls-ca", "", "PEM `file` of the authorities that clients, and other servers, must have a certificate of")
	return cmd
}

func (f *natsConfigFlags) server() (natsauth.Server, error) {
	s := natsauth.Server{
		Name: f.name, Listen: f.listen, StoreDir: f.store, MaxPayload: wiring.MaxPayload, MaxStore: int64(f.maxStore),
		Monitor: f.monitor, TLS: f.tls,
	}
	switch {
	case f.keys == "":
		return s, usagef("--keys is missing: name the folder server of what `taurus nats keys` made")
	case (f.tls.Cert == "") != (f.tls.Key == ""):
		return s, usagef("--tls-cert and --tls-key: give both")
	case f.tls.CA != "" && f.tls.Cert == "":
		return s, usagef("--tls-ca needs --tls-cert")
	}
	addresses := []string{f.listen, f.clusterListen}
	if f.monitor != "" {
		addresses = append(addresses, f.monitor)
	}
	if err := checkAddresses(addresses...); err != nil {
		return s, err
	}
	keys, err := natskeys.Public(f.keys)
	if err != nil {
		return s, fmt.Errorf("%w: --keys: %w", ErrUsage, err)
	}
	s.Users = natsauth.Users(keys, natsauth.StreamsOf(f.stream))
	if f.cluster != "" {
		s.Cluster = &natsauth.Cluster{Name: f.cluster, Listen: f.clusterListen, Secret: natskeys.ClusterFile}
	}
	return s, nil
}

func checkAddresses(addresses ...string) error {
	for _, address := range addresses {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return usagef("%s is no address: give host:port", address)
		}
	}
	return nil
}
