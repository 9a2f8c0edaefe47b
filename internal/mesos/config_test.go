package mesos

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConfigRefused(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		field string
		cfg   Config
	}{
		{"master", Config{}},
		{"master", Config{Master: "mesos"}},
		{"master", Config{Master: "mesos:"}},
		{"master", Config{Master: ":5050"}},
		{"master", Config{Master: "mesos:port"}},
		{"master", Config{Master: "a:1,,b:1"}},
		{"master", Config{Master: "ftp://mesos:5050"}},
		{"master", Config{Master: "http://u:hush@mesos:5050"}},
		{"master", Config{Master: "http://u:hush@mesos:port"}},
		{"master", Config{Master: "u:hush@mesos"}},
		{"master", Config{Master: "http://mesos:5050/api/v1"}},
		{"master", Config{Master: "zk://h:2181"}},
		{"master", Config{Master: "zk://u:hush@h/mesos"}},
		{"master", Config{Master: "zk:///mesos"}},
		{"master", Config{Master: "zk://user@h:1/mesos"}},
		{"master", Config{Master: "zk://:hush@h:1/mesos"}},
		{"master", Config{Master: "zk://u:hush/x@h:1/mesos"}},
		{"master", Config{Master: "http://h:1", TLS: TLS{Insecure: true}}},
		{"master", Config{Master: "h:1,http://i:1", TLS: TLS{Insecure: true}}},
		{"hosts", Config{Master: "h:1", Hosts: "u:hush@h"}},
		{"hosts", Config{Master: "h:1", Hosts: "10.0.0.0/33"}},
		{"principal", Config{Master: "h:1", Secret: "s"}},
		{"principal", Config{Master: "h:1", Principal: "a:b", Secret: "s"}},
		{"secret", Config{Master: "h:1", Principal: "p", Secret: "a:hush"}},
		{"tls.ca_file", Config{Master: "h:1", TLS: TLS{CAFile: filepath.Join(t.TempDir(), "none")}}},
		{"tls.ca_file", Config{Master: "h:1", TLS: TLS{CAFile: notPEM}}},
		{"call_timeout", Config{Master: "h:1", CallTimeout: -1}},
		{"heartbeat_misses", Config{Master: "h:1", HeartbeatMisses: -1}},
		{"event_max", Config{Master: "h:1", EventMax: -1}},
		{"event_buffer", Config{Master: "h:1", EventBuffer: -1}},
		{"ack_conns", Config{Master: "h:1", AckConns: -1}},
	} {
		_, err := NewClient(tt.cfg)
		var bad *ConfigError
		if !errors.As(err, &bad) || bad.Field != tt.field || !strings.Contains(err.Error(), tt.field) {
			t.Errorf("%+v: got %v, want one about %s", tt.cfg, err, tt.field)
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("%v tells the password", err)
		}
	}
	if _, err := NewKiller(Config{Secret: "s"}); err == nil {
		t.Error("killer took a secret without a principal")
	}
	if _, err := NewAgentFiles(Config{TLS: TLS{CAFile: notPEM}}); err == nil {
		t.Error("files took a CA without certificates")
	}
}

func TestConfigDefaults(t *testing.T) {
	c, err := NewClient(Config{Master: "h:1"})
	if err != nil {
		t.Fatal(err)
	}
	got := c.cfg
	if got.CallTimeout != 10*time.Second || got.HeartbeatMisses != 5 || got.EventMax != 256<<20 ||
		got.EventBuffer != DefaultEventBuffer || got.AckConns != DefaultAckConns {
		t.Errorf("got %+v", got)
	}
}

func TestMasterAddresses(t *testing.T) {
	for _, tt := range []struct {
		list   string
		secure bool
		want   []string
	}{
		{"a:5050", false, []string{"http://a:5050"}},
		{"a:5050, b:5051", false, []string{"http://a:5050", "http://b:5051"}},
		{"a:5050", true, []string{"https://a:5050"}},
		{"http://a:1,https://b:2/", true, []string{"http://a:1", "https://b:2"}},
		{"[::1]:5050", false, []string{"http://[::1]:5050"}},
	} {
		got, err := baseURLs(tt.list, tt.secure)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, %v", tt.list, got, err)
		}
	}
}

func TestFrameworkRefused(t *testing.T) {
	c := testClient(t, testConfig("127.0.0.1:1"))
	for field, f := range map[string]Framework{
		"framework.name":             {User: "root"},
		"framework.user":             {Name: "taurus"},
		"framework.failover_timeout": {Name: "taurus", User: "root", FailoverTimeout: -1},
	} {
		_, err := c.Subscribe(t.Context(), f)
		var bad *ConfigError
		if !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// secureMaster is a fake master with TLS, and the file of its authority.
func secureMaster(t *testing.T) (*fakeMaster, string) {
	t.Helper()
	m := &fakeMaster{events: make(chan []byte)}
	m.Server = httptest.NewTLSServer(m)
	t.Cleanup(m.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return m, ca
}

// A master may want to see a certificate of its clients.
func TestTLSWithAClientCertificate(t *testing.T) {
	m, ca := secureMaster(t)
	m.TLS.ClientAuth = tls.RequireAnyClientCert
	key, err := x509.MarshalPKCS8PrivateKey(m.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tls TLS
		ok  bool
	}{
		{TLS{CAFile: ca, CertFile: ca, KeyFile: keyFile}, true},
		{TLS{Insecure: true, CertFile: ca, KeyFile: keyFile}, true},
		{TLS{CAFile: ca}, false},
	} {
		cfg := testConfig(m.host())
		cfg.TLS = tt.tls
		s, err := testClient(t, cfg).Subscribe(context.WithoutCancel(t.Context()), testInfo())
		if (err == nil) != tt.ok {
			t.Errorf("%+v: got %v", tt.tls, err)
		}
		if err == nil {
			s.Close()
		}
	}
	for _, bad := range []TLS{{CertFile: ca}, {KeyFile: keyFile}, {CertFile: keyFile, KeyFile: ca}} {
		_, err := NewClient(Config{Master: "h:1", TLS: bad})
		if field := new(ConfigError); !errors.As(err, &field) || field.Field != "tls.cert_file" {
			t.Errorf("%+v: got %v", bad, err)
		}
	}
	if !(TLS{CertFile: ca}).enabled() {
		t.Error("a certificate does not turn TLS on")
	}
}

func TestTLS(t *testing.T) {
	m, ca := secureMaster(t)
	for name, tt := range map[string]struct {
		tls TLS
		ok  bool
	}{
		"authority": {TLS{CAFile: ca}, true},
		"insecure":  {TLS{Insecure: true}, true},
		"untrusted": {TLS{}, false},
	} {
		cfg := testConfig("https://" + m.host())
		cfg.TLS = tt.tls
		s, err := testClient(t, cfg).Subscribe(context.WithoutCancel(t.Context()), testInfo())
		if (err == nil) != tt.ok {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil {
			continue
		}
		if err := s.Revive(t.Context(), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.Master() != "https://"+m.host() {
			t.Errorf("%s: master %s", name, s.Master())
		}
		s.Close()
	}
}

// TestTLSToPlain: the text says that the other side talks in the clear, not that a
// record is malformed.
func TestTLSToPlain(t *testing.T) {
	m := newFakeMaster(t)
	cfg := testConfig("https://" + m.host())
	cfg.TLS = TLS{Insecure: true}
	_, err := testClient(t, cfg).Subscribe(t.Context(), testInfo())
	if !errors.Is(err, http.ErrSchemeMismatch) {
		t.Errorf("got %v, want that the answer was in the clear", err)
	}
}
