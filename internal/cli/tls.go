package cli

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesossecret"
	"github.com/milosgajdos/taurus/internal/servercert"
)

// tls makes certificates for a start.
func (a *App) tls() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tls",
		Short: "Make a certificate for an api",
		Args:  subcommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tlsCreate())
	return cmd
}

func (a *App) tlsCreate() *cobra.Command {
	var owner string
	var names, addresses []string
	cmd := &cobra.Command{
		Use:        "create DIR --name NAME...",
		SuggestFor: []string{"new", "make"},
		Short:      "Make an authority and a certificate for a server, where there are none",
		Long: "Make an authority and the certificate of a server that it signs, for a start, or for a network\n" +
			"where nobody else signs certificates. DIR/server has the certificate and its key, for\n" +
			"`taurus-api --tls-cert --tls-key`; DIR/public/ca.pem is what clients trust, by --ca; the key of\n" +
			"the authority stays in DIR/authority. Keys are readable for their owner alone.\n\n" +
			"What is there and good stays, and it is said until when. A certificate that has less than 90\n" +
			"days left, or lacks a name, is made anew by the same authority; an api that runs takes it over.",
		Example: "  taurus tls create /etc/taurus/tls --name taurus.example.com --name localhost --ip 127.0.0.1",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o := servercert.Options{Names: servercert.Names{Hosts: names}, Now: a.Now()}
			who, err := parseOwner(owner)
			if err != nil {
				return err
			}
			o.Owner = (*servercert.Owner)(who)
			for _, text := range addresses {
				ip := net.ParseIP(text)
				if ip == nil {
					return usagef("--ip %s: give an address, such as 127.0.0.1 or ::1", text)
				}
				o.Names.Addresses = append(o.Names.Addresses, ip)
			}
			r, err := servercert.Make(args[0], o)
			if errors.Is(err, servercert.ErrNames) {
				return usagef("--name: %v", err)
			}
			if err != nil {
				return err
			}
			return a.showCertificate(args[0], r)
		},
	}
	cmd.Flags().StringArrayVar(&names, "name", nil, "`name` that clients call the server by, or *.example.com; may be given again")
	cmd.Flags().StringArrayVar(&addresses, "ip", nil, "`address` that clients call the server by; may be given again")
	cmd.Flags().StringVar(&owner, "owner", "", "`UID:GID` that the server's certificate and key are given to; the authority's key is not")
	return cmd
}

func (a *App) showCertificate(dir string, r servercert.Result) error {
	return a.show(struct {
		Made           []string  `json:"made"`
		Cert           string    `json:"cert"`
		Key            string    `json:"key"`
		CA             string    `json:"ca"`
		Until          time.Time `json:"until"`
		AuthorityUntil time.Time `json:"authority_until"`
	}{r.Made, servercert.Cert(dir), servercert.Key(dir), servercert.CA(dir), r.Until, r.AuthorityUntil}, func(io.Writer) error {
		what := "is there"
		if len(r.Made) > 0 {
			what = "is made"
		}
		say(a.Err, "%s %s, good %s; clients trust it by %s, good %s",
			servercert.Cert(dir), what, a.goodUntil(r.Until), servercert.CA(dir), a.goodUntil(r.AuthorityUntil))
		return nil
	})
}

// mesos is for the side of Mesos.
func (a *App) mesos() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mesos",
		Short: "Make what Mesos knows taurus by",
		Args:  subcommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.mesosCredentials())
	return cmd
}

func (a *App) mesosCredentials() *cobra.Command {
	var owner, principal string
	cmd := &cobra.Command{
		Use:   "credentials DIR",
		Short: "Make the secret that taurus shows to Mesos, if there is none",
		Long: "Make the secret that taurus shows to Mesos, if there is none. DIR/client/secret is for the\n" +
			"--secret-file of launchers, reapers and apis, beside --principal; DIR/mesos/credentials.json is for\n" +
			"the --credentials of masters and agents, real ones or embedded. Both are readable for their owner\n" +
			"alone, and printed nowhere.",
		Example: "  taurus mesos credentials /etc/taurus/mesos",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			who, err := parseOwner(owner)
			if err != nil {
				return err
			}
			isNew, err := mesossecret.Make(args[0], principal, (*mesossecret.Owner)(who))
			if errors.Is(err, mesossecret.ErrPrincipal) {
				return usagef("--principal: %v", err)
			}
			if err != nil {
				return err
			}
			return a.show(struct {
				Principal string `json:"principal"`
				Made      bool   `json:"made"`
			}{principal, isNew}, func(io.Writer) error {
				what := "is there"
				if isNew {
					what = "is made"
				}
				say(a.Err, "the secret of %s %s: %s, and for Mesos %s", principal, what, mesossecret.Secret(args[0]), mesossecret.Credentials(args[0]))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&principal, "principal", "taurus", "`name` that taurus authenticates to Mesos by")
	cmd.Flags().StringVar(&owner, "owner", "", "`UID:GID` that the secret is given to; what Mesos takes is not")
	return cmd
}
