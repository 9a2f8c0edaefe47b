package cli

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"os"
)

// secure is how the API is spoken to over TLS; nil for the system's way.
func (a *App) secure() (*tls.Config, error) {
	ca := cmp.Or(a.flags.ca, a.Getenv("TAURUS_CA"))
	cert := cmp.Or(a.flags.clientCert, a.Getenv("TAURUS_CLIENT_CERT"))
	key := cmp.Or(a.flags.clientKey, a.Getenv("TAURUS_CLIENT_KEY"))
	if ca == "" && cert == "" && key == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca) //nolint:gosec // The user names it.
		if err != nil {
			return nil, usagef("--ca %s: %v", ca, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("--ca %s: it holds no PEM certificate", ca)
		}
	}
	switch {
	case cert == "" && key == "":
		return config, nil
	case cert == "" || key == "":
		return nil, usagef("--client-cert and --client-key: give both")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, usagef("--client-cert %s: %v", cert, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}
