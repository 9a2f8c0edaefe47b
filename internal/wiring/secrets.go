package wiring

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/handout"
	"github.com/milosgajdos/taurus/internal/secret/vault"
	"github.com/milosgajdos/taurus/internal/service"
)

// secretTimeoutMin and secretTimeoutMax bound --secrets-timeout.
const (
	secretTimeoutMin = 100 * time.Millisecond
	secretTimeoutMax = time.Minute
)

// Secrets are the settings that say where secrets of tasks are, and how agents fetch them.
type Secrets struct {
	from    string
	timeout time.Duration

	vault   vault.Config
	vaultCA string

	listen, url, cert, key string
}

// Register declares the settings.
func (c *Secrets) Register(s *service.Settings, timeout time.Duration) {
	f := s.Flags()
	f.StringVar(&c.from, "secrets-from", "", "`where` the secrets of tasks are: dir:PATH, a file for each; env, variables TAURUS_SECRET_...; or vault:https://host:8200; without it tasks with secrets wait")
	f.DurationVar(&c.timeout, "secrets-timeout", timeout, "how `long` it may take to get one secret")
	f.StringVar(&c.vault.TokenFile, "vault-token-file", "", "`file` with the token for Vault, read anew each time; without it the token is that of VAULT_TOKEN")
	f.StringVar(&c.vault.Namespace, "vault-namespace", "", "`namespace` of Vault that secrets are in")
	f.StringVar(&c.vault.Mount, "vault-mount", vault.DefaultMount, "`path` that Vault's key-value store, version 2, is mounted at")
	f.StringVar(&c.vaultCA, "vault-ca", "", "PEM `file` of the authorities that Vault is trusted by, in place of the machine's")
	f.StringVar(&c.listen, "secrets-listen", "", "`address` that agents fetch secrets in files from, once each, for what Docker runs; needs a certificate")
	f.StringVar(&c.url, "secrets-url", "", "`URL` that agents reach --secrets-listen by (default https://<host>:<port>)")
	f.StringVar(&c.cert, "secrets-tls-cert", "", "PEM `file` of the certificate for it, which agents must trust; read anew for each connection")
	f.StringVar(&c.key, "secrets-tls-key", "", "PEM `file` of that certificate's key")
}

// Complete refuses what cannot work.
func (c *Secrets) Complete(s *service.Settings) error {
	var errs []error
	kind, rest, _ := strings.Cut(c.from, ":")
	switch kind {
	case "", "env":
		if rest != "" {
			errs = append(errs, s.Refuse("secrets-from", "env takes nothing behind it; use env"))
		}
	case "dir", "vault":
		if rest == "" {
			errs = append(errs, s.Refuse("secrets-from", "say which: dir:/etc/taurus/secrets or vault:https://host:8200"))
		}
	default:
		errs = append(errs, s.Refuse("secrets-from", "use dir:PATH, env, or vault:https://host:8200"))
	}
	if c.timeout < secretTimeoutMin || c.timeout > secretTimeoutMax {
		errs = append(errs, s.Refuse("secrets-timeout", fmt.Sprintf("use %v to %v", secretTimeoutMin, secretTimeoutMax)))
	}
	for flag, value := range map[string]string{"vault-token-file": c.vault.TokenFile, "vault-namespace": c.vault.Namespace, "vault-ca": c.vaultCA} {
		if value != "" && kind != "vault" {
			errs = append(errs, s.Refuse(flag, "needs --secrets-from vault:URL"))
		}
	}
	return errors.Join(append(errs, c.completeListen(s))...)
}

func (c *Secrets) completeListen(s *service.Settings) error {
	switch u, err := url.Parse(c.url); {
	case c.listen == "" && c.url+c.cert+c.key != "":
		flag := "secrets-url"
		if c.url == "" {
			flag = "secrets-tls-cert"
		}
		if c.url+c.cert == "" {
			flag = "secrets-tls-key"
		}
		return s.Refuse(flag, "needs --secrets-listen")
	case c.listen == "":
		return nil
	case c.cert == "" || c.key == "":
		return s.Refuse("secrets-listen", "needs --secrets-tls-cert and --secrets-tls-key: secrets go over TLS only")
	case c.from == "":
		return s.Refuse("secrets-listen", "needs --secrets-from")
	case c.url != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != ""):
		return s.Refuse("secrets-url", "use https://host:port, as agents reach it")
	}
	if _, _, err := net.SplitHostPort(c.listen); err != nil {
		return s.Refuse("secrets-listen", "use host:port, such as :8084")
	}
	return nil
}

// Timeout bounds how long it may take to get one secret.
func (c *Secrets) Timeout() time.Duration { return c.timeout }

// Open opens where secrets are; nil if it was not told. From then on the process leaves no core behind.
func (c *Secrets) Open(env *service.Env) (secret.Provider, error) {
	if c.from == "" {
		return nil, nil //nolint:nilnil // Tasks with secrets wait then.
	}
	if err := secret.Harden(); err != nil {
		return nil, err
	}
	env.Tell("secrets", c.from)
	kind, rest, _ := strings.Cut(c.from, ":")
	switch kind {
	case "dir":
		d, err := secret.OpenDirectory(rest)
		if err != nil {
			return nil, fmt.Errorf("%w: --secrets-from: %w", service.ErrUsage, err)
		}
		env.OnStop("the directory of secrets", d.Close)
		return d, nil
	case "vault":
		return c.openVault(env, rest)
	}
	return secret.TakeEnvironment()
}

func (c *Secrets) openVault(env *service.Env, address string) (secret.Provider, error) {
	cfg := c.vault
	cfg.Address, cfg.Timeout = address, c.timeout
	if c.vaultCA != "" {
		pem, err := os.ReadFile(c.vaultCA)
		if err != nil {
			return nil, fmt.Errorf("%w: --vault-ca: %w", service.ErrUsage, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: --vault-ca %s: holds no certificate in PEM", service.ErrUsage, c.vaultCA)
		}
		cfg.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	p, err := vault.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: --secrets-from: %w", service.ErrUsage, err)
	}
	env.OnStop("the connections to Vault", func() error { p.Close(); return nil })
	return p, nil
}

// Handout listens for agents that fetch secrets; nil if it was not told to.
func (c *Secrets) Handout(ctx context.Context, env *service.Env) (*handout.Server, error) {
	if c.listen == "" {
		return nil, nil //nolint:nilnil // Then nothing is fetched.
	}
	l, err := handout.Listen(ctx, c.listen, c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("%w: --secrets-listen: %w", service.ErrUsage, err)
	}
	base, err := c.base(l)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	env.Tell("secrets_url", base)
	server := handout.New(base)
	env.Beside(func(ctx context.Context) {
		if err := server.Serve(ctx, l); err != nil {
			env.Logger.Error().Err(err).Msg("secrets are not handed out to agents any more; start the launcher anew")
		}
	})
	return server, nil
}

// base is how agents reach it: by the name of the machine, unless told otherwise, or unless it listens on one address.
func (c *Secrets) base(l net.Listener) (string, error) {
	if c.url != "" {
		return c.url, nil
	}
	host, _, err := net.SplitHostPort(c.listen)
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			return "", fmt.Errorf("%w: --secrets-url: say how agents reach it, as the machine has no name: %w", service.ErrUsage, err)
		}
	}
	return "https://" + net.JoinHostPort(host, port), nil
}
