package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/servertls"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/api"
)

// door is where users come in.
type door struct {
	listen   string
	files    servertls.Files
	insecure bool
	// hostNames are separated by commas.
	hostNames string
}

func (d *door) register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&d.listen, "listen", api.DefaultListen, "`address` for users; port 0 takes any free one")
	f.StringVar(&d.files.Cert, "tls-cert", "", "PEM `file` of the certificate that users see, with those between it and its authority; read anew when it changes")
	f.StringVar(&d.files.Key, "tls-key", "", "PEM `file` of its key; read anew when it changes")
	f.StringVar(&d.files.ClientCA, "client-ca", "", "PEM `file` of authorities whose certificates clients may sign in with; read anew when it changes")
	f.BoolVar(&d.insecure, "insecure-listen", false, "let other machines reach --listen without TLS: whoever is on the way reads tokens and jobs, and can change them")
	f.StringVar(&d.hostNames, "host-names", "", "`names` that it answers to, separated by commas, besides localhost, addresses, the name in --listen and those of --tls-cert; *.example.com is any with one part there")
}

// complete refuses an address that others reach unencrypted, unless that is said to be meant.
func (d *door) complete(s *service.Settings) error {
	err := service.CheckAddress(s, "listen")
	switch {
	case d.files.Cert == "" && d.files.Key != "":
		return errors.Join(err, s.Refuse("tls-key", "needs --tls-cert"))
	case d.files.Cert != "" && d.files.Key == "":
		return errors.Join(err, s.Refuse("tls-cert", "needs --tls-key"))
	case d.files.Cert == "" && d.files.ClientCA != "":
		return errors.Join(err, s.Refuse("client-ca", "needs --tls-cert and --tls-key"))
	case err == nil && d.files.Cert == "" && !d.insecure && !service.Loopback(d.listen):
		return s.Refuse("listen", "other machines reach it there, and without TLS whoever is on the way reads tokens and jobs, and can change them; "+
			"give --tls-cert and --tls-key, or use 127.0.0.1 with a proxy in front that speaks TLS, or accept that by --insecure-listen")
	}
	return err
}

// open gives the service what it lets users in by.
func (d *door) open(env *service.Env, o *api.Options) error {
	o.Listen = d.listen
	if d.hostNames != "" {
		o.HostNames = strings.Split(strings.ReplaceAll(d.hostNames, " ", ""), ",")
	}
	if d.files.Cert == "" {
		if !service.Loopback(d.listen) {
			env.Logger.Warn().Str("listen", d.listen).Msg("users are served without TLS (--insecure-listen): whoever is on the way reads tokens and jobs, and can change them")
		}
		return nil
	}
	var err error
	o.TLS, err = servertls.New(servertls.Options{Files: d.files, Now: env.Now, Logger: env.Logger, Metrics: env.Metrics})
	if err != nil {
		return fmt.Errorf("%w: --tls-cert, --tls-key and --client-ca: %w", service.ErrUsage, err)
	}
	env.Beside(o.TLS.Watch)
	return nil
}
