package vault_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/secrettest"
	"github.com/milosgajdos/taurus/internal/secret/vault"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// The variables that say which real server the suite is run on, too, and a token that may do everything there:
//
//	bao server -dev -dev-root-token-id=root &
//	TAURUS_TEST_VAULT=http://127.0.0.1:8200 TAURUS_TEST_VAULT_TOKEN=root go test ./internal/secret/vault -run Real
const (
	addressVariable = "TAURUS_TEST_VAULT"
	rootVariable    = "TAURUS_TEST_VAULT_TOKEN"
)

// TestRealVault runs the suite on a real server, with tokens that may read little.
func TestRealVault(t *testing.T) {
	address := os.Getenv(addressVariable)
	if address == "" {
		t.Skipf("set %s and %s to the address of a Vault or an OpenBao, and to its root token", addressVariable, rootVariable)
	}
	admin, err := api.NewClient(&api.Config{Address: address, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	admin.SetToken(os.Getenv(rootVariable))
	secrettest.Run(t, func(t *testing.T) secrettest.Store { return realStore(t, admin, address) })
	t.Run("deleted", func(t *testing.T) {
		s := realStore(t, admin, address)
		s.Put(t, "a", "first")
		if err := admin.KVv2(mountOf(t)).Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Provider.Get(t.Context(), "a"); !errors.Is(err, secret.ErrMissing) || !strings.Contains(err.Error(), "deleted") {
			t.Errorf("%v", err)
		}
	})
	t.Run("another mount", func(t *testing.T) {
		realStore(t, admin, address)
		p := open(t, vault.Config{Address: address, TokenFile: tokenFile(t, os.Getenv(rootVariable)), Mount: "no-such"})
		if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrMissing) && !errors.Is(err, secret.ErrForbidden) {
			t.Errorf("%v", err)
		}
	})
}

func mountOf(t *testing.T) string {
	t.Helper()
	return "kv" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
}

// realStore is a store with a mount of its own, and a token that may read all of it but db/password once that is forbidden.
func realStore(t *testing.T, admin *api.Client, address string) secrettest.Store {
	t.Helper()
	at := mountOf(t)
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
