package vault_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/milosgajdos/taurus/internal/secret/secrettest"
	"github.com/milosgajdos/taurus/internal/secret/vault"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// binaryVariable names the program of a Vault, or an OpenBao, that the suite is run on, too.
const binaryVariable = "TAURUS_TEST_VAULT"

// TestRealVault runs the suite on a real server, with a token that may read little.
func TestRealVault(t *testing.T) {
	binary := os.Getenv(binaryVariable)
	if binary == "" {
		t.Skipf("set %s to the program of a Vault or an OpenBao", binaryVariable)
	}
	const root, address = "root-of-the-test", "127.0.0.1:18200"
	cmd := exec.CommandContext(t.Context(), binary, "server", "-dev", "-dev-root-token-id="+root, "-dev-listen-address="+address, "-dev-no-store-token")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	admin, err := api.NewClient(&api.Config{Address: "http://" + address, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	admin.SetToken(root)
	testwait.Until(t, "the server", func() bool { h, err := admin.Sys().Health(); return err == nil && h.Initialized && !h.Sealed })
	secrettest.Run(t, func(t *testing.T) secrettest.Store { return realStore(t, admin, "http://"+address) })
}

// realStore is a store with a mount of its own, and a token that may read all of it but db/password once that is forbidden.
func realStore(t *testing.T, admin *api.Client, address string) secrettest.Store {
	t.Helper()
	at := "kv" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	if err := admin.Sys().Mount(at, &api.MountInput{Type: "kv", Options: map[string]string{"version": "2"}}); err != nil {
		t.Fatal(err)
	}
	policy := func(text string) {
		if err := admin.Sys().PutPolicy(at, text); err != nil {
			t.Fatal(err)
		}
	}
	read := `path "` + at + `/data/*" { capabilities = ["read"] }`
	policy(read)
	made, err := admin.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{at}, NoParent: true})
	if err != nil {
		t.Fatal(err)
	}
	file := tokenFile(t, made.Auth.ClientToken)
	return secrettest.Store{
		Provider: open(t, vault.Config{Address: address, TokenFile: file, Mount: at}), Versioned: true,
		Put: func(t *testing.T, name, value string) {
			t.Helper()
			// A store of version 2 is made of one of version 1, and refuses meanwhile.
			testwait.Until(t, "the store", func() bool {
				_, err := admin.KVv2(at).Put(context.Background(), name, map[string]any{"value": value})
				return err == nil
			})
		},
		Forbid: func(_ *testing.T, name string) {
			policy(read + ` path "` + at + `/data/` + name + `" { capabilities = ["deny"] }`)
		},
	}
}
