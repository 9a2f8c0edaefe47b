package vault

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/secret"
)

const (
	// DefaultMount is where a Vault has its key-value store unless told otherwise.
	DefaultMount = "secret"
	// DefaultTimeout bounds one request.
	DefaultTimeout = 4 * time.Second
	// onlyKey is the key of a secret whose name has none.
	onlyKey = "value"
	// idleMax bounds how long a connection waits for the next request.
	idleMax = time.Minute
	// tokenMax bounds the file of the token.
	tokenMax = 16 << 10
)

// ErrConfig says that a Vault cannot be asked as it is configured.
var ErrConfig = errors.New("vault: configuration")

// Config says which Vault is asked, and how.
type Config struct {
	// Address is its URL; https but on the machine itself.
	Address string
	// TokenFile holds the token, read anew each time since agents of Vault renew it there. Without one it is that of VAULT_TOKEN.
	TokenFile string
	// Namespace is that of the store; empty for none, or that of VAULT_NAMESPACE.
	Namespace string
	// Mount is where the store is.
	Mount string
	// Timeout bounds one request.
	Timeout time.Duration
	// TLS is how to talk to it; nil trusts what the machine trusts.
	TLS *tls.Config
}

// Provider is a Vault.
type Provider struct {
	client *api.Client
	cfg    Config
}

// New returns a Vault, which it does not ask yet.
func New(cfg Config) (*Provider, error) {
	if err := check(&cfg); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: cfg.TLS, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: cfg.Timeout, IdleConnTimeout: idleMax, MaxIdleConnsPerHost: 4,
	}
	client, err := api.NewClient(&api.Config{
		Address: cfg.Address, Timeout: cfg.Timeout, MaxRetries: 0, // Whoever asks does so again.
		// The token goes to the host that is named, and to no other.
		DisableRedirects: true,
		HttpClient: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if cfg.Namespace != "" {
		client.SetNamespace(cfg.Namespace)
	}
	p := &Provider{client: client, cfg: cfg}
	if cfg.TokenFile == "" && client.Token() == "" {
		return nil, fmt.Errorf("%w: no token; name the file of one, or set VAULT_TOKEN", ErrConfig)
	}
	return p, nil
}

func check(cfg *Config) error {
	if cfg.Mount == "" {
		cfg.Mount = DefaultMount
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	u, err := url.Parse(cfg.Address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%w: address: use https://host:8200", ErrConfig)
	case u.User != nil:
		return fmt.Errorf("%w: address: leave out user and password", ErrConfig)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return fmt.Errorf("%w: address %s: use https://, as secrets and the token would be readable on the way", ErrConfig, cfg.Address)
	case strings.Trim(cfg.Mount, "/") != cfg.Mount || strings.Contains(cfg.Mount, ".."):
		return fmt.Errorf("%w: mount %q: leave out .. and the / at its ends", ErrConfig, cfg.Mount)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close closes connections that are idle.
func (p *Provider) Close() { p.client.CloneConfig().HttpClient.CloseIdleConnections() }

// Get implements secret.Provider: db#password is the key password of the secret db, and db/password the key "value" of
// the secret db/password, or its only one.
func (p *Provider) Get(ctx context.Context, name string) (secret.Value, string, error) {
	if why := job.CheckSecretName(name); why != "" {
		return secret.Value{}, "", secret.Missing("its name %s", why)
	}
	token, err := p.token()
	if err != nil {
		return secret.Value{}, "", err
	}
	client, err := p.client.CloneWithHeaders() // With a token of its own: requests are made at once.
	if err != nil {
		return secret.Value{}, "", secret.Unavailable("the client of Vault cannot be made")
	}
	client.SetToken(token)
	path, key := secret.Split(name)
	found, err := client.KVv2(p.cfg.Mount).Get(ctx, path)
	if err != nil {
		return secret.Value{}, "", p.problem(ctx, path, err)
	}
	value, err := p.pick(found, path, key)
	if err != nil {
		return secret.Value{}, "", err
	}
	return value, versionOf(found), nil
}

func versionOf(s *api.KVSecret) string {
	if s.VersionMetadata == nil || s.VersionMetadata.Version <= 0 {
		return ""
	}
	return strconv.Itoa(s.VersionMetadata.Version)
}

// pick is one key of what was found.
func (p *Provider) pick(found *api.KVSecret, path, key string) (secret.Value, error) {
	if found.Data == nil {
		return secret.Value{}, secret.Missing("its newest version in Vault, %s/%s, was deleted; write a new one", p.cfg.Mount, path)
	}
	data, there := found.Data[key]
	if key == "" {
		data, there = only(found.Data)
		if !there {
			return secret.Value{}, secret.Missing("%s/%s in Vault has several keys and none is %q; name one: %s#key", p.cfg.Mount, path, onlyKey, path)
		}
	}
	text, isText := data.(string)
	switch {
	case !there:
		return secret.Value{}, secret.Missing("%s/%s in Vault has no key %q; write it", p.cfg.Mount, path, key)
	case !isText:
		return secret.Value{}, secret.Missing("%s/%s in Vault has something there that is no string; write a string", p.cfg.Mount, path)
	case text == "":
		return secret.Value{}, secret.Missing("%s/%s in Vault is empty there; write the secret", p.cfg.Mount, path)
	case len(text) > secret.SizeMax:
		return secret.Value{}, secret.Missing("%s/%s in Vault has %d bytes, the most is %d", p.cfg.Mount, path, len(text), secret.SizeMax)
	}
	return secret.NewValue([]byte(text)), nil
}

// only is the value that is meant where no key is named.
func only(data map[string]any) (any, bool) {
	if v, ok := data[onlyKey]; ok {
		return v, true
	}
	if len(data) == 1 {
		for _, v := range data {
			return v, true
		}
	}
	return nil, false
}

// problem puts an error into words that hold nothing of what Vault answered.
func (p *Provider) problem(ctx context.Context, path string, err error) error {
	if errors.Is(err, api.ErrSecretNotFound) {
		return secret.Missing("write it to Vault, %s/%s, or see that the mount is right", p.cfg.Mount, path)
	}
	if answer := new(api.ResponseError); errors.As(err, &answer) {
		switch answer.StatusCode {
		case http.StatusForbidden:
			return secret.Forbidden("Vault refuses the launcher's token; give its policy read on %s/data/%s, or renew it", p.cfg.Mount, path)
		case http.StatusNotFound:
			return secret.Missing("write it to Vault, %s/%s, or see that the mount is right", p.cfg.Mount, path)
		}
		return secret.Unavailable("Vault answered %d; see whether it is unsealed and active", answer.StatusCode)
	}
	if netErr := net.Error(nil); ctx.Err() != nil || errors.As(err, &netErr) && netErr.Timeout() {
		return secret.Unavailable("Vault did not answer in time; see whether %s can be reached", p.cfg.Address)
	}
	return secret.Unavailable("Vault cannot be asked; see whether %s can be reached from the launcher, and its certificate", p.cfg.Address)
}

// token is that of the file, which nobody else may read, or the one that the client was made with.
func (p *Provider) token() (string, error) {
	if p.cfg.TokenFile == "" {
		return p.client.Token(), nil
	}
	info, err := os.Stat(p.cfg.TokenFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", secret.Unavailable("the file of Vault's token, %s, is not there", p.cfg.TokenFile)
	case err != nil:
		return "", secret.Unavailable("the file of Vault's token, %s, cannot be looked at", p.cfg.TokenFile)
	case info.Mode().Perm()&0o007 != 0:
		return "", secret.Unavailable("anybody may read the file of Vault's token, %s; chmod o= it", p.cfg.TokenFile)
	case info.Size() > tokenMax:
		return "", secret.Unavailable("the file of Vault's token, %s, is larger than %d bytes", p.cfg.TokenFile, tokenMax)
	}
	data, err := os.ReadFile(p.cfg.TokenFile)
	if err != nil {
		return "", secret.Unavailable("the file of Vault's token, %s, cannot be read", p.cfg.TokenFile)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, "\r\n\x00") {
		return "", secret.Unavailable("the file of Vault's token, %s, does not hold one token", p.cfg.TokenFile)
	}
	return token, nil
}
