package secret_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/secrettest"
)

// started is a process that is started anew, with all that was put so far, for each question.
type started struct {
	mu  sync.Mutex
	env map[string]string
}

// Get implements secret.Provider.
func (s *started) Get(ctx context.Context, name string) (secret.Value, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for variable, value := range s.env {
		if err := os.Setenv(variable, value); err != nil {
			return secret.Value{}, "", err
		}
	}
	e, err := secret.TakeEnvironment()
	if err != nil {
		return secret.Value{}, "", err
	}
	return e.Get(ctx, name)
}

// TestEnvironment runs the suite.
func TestEnvironment(t *testing.T) {
	secrettest.Run(t, func(*testing.T) secrettest.Store {
		s := &started{env: map[string]string{}}
		return secrettest.Store{
			Provider: s, Fixed: true,
			Put: func(_ *testing.T, name, value string) { s.env[secret.Variable(name)] = value },
		}
	})
}

// TestEnvironmentIsTaken: nothing that the process starts has the secrets, and the rest stays.
func TestEnvironmentIsTaken(t *testing.T) {
	t.Setenv("TAURUS_SECRET_DB__PASSWORD", secrettest.Planted)
	t.Setenv("TAURUS_SECRET_FILE", "/etc/taurus/principal")
	t.Setenv("TAURUS_MASTER", "x")
	e, err := secret.TakeEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	if env := strings.Join(os.Environ(), "\n"); secrettest.Holds([]byte(env), secrettest.Planted) || strings.Contains(env, "DB__PASSWORD") {
		t.Error("the secret is in the environment still")
	}
	if os.Getenv("TAURUS_SECRET_FILE") == "" || os.Getenv("TAURUS_MASTER") == "" {
		t.Error("settings went, too")
	}
	if _, _, err := e.Get(t.Context(), "file"); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("a setting was taken for a secret: %v", err)
	}
	if v, _, err := e.Get(t.Context(), "db/password"); err != nil || string(v.Bytes()) != secrettest.Planted {
		t.Errorf("%v", err)
	}
}

// TestVariablesAreOfOneName: no two names that may be used lead to one secret.
func TestVariablesAreOfOneName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-zA-Z0-9_.#-]{1,3}(/[a-z0-9_-]{1,3}){0,2}`)
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		if a == b || job.CheckSecretName(a) != "" || job.CheckSecretName(b) != "" || secret.Variable(a) != secret.Variable(b) {
			return
		}
		var e secret.Environment
		_, _, errA := e.Get(t.Context(), a)
		_, _, errB := e.Get(t.Context(), b)
		if !strings.Contains(errA.Error(), "rename it") && !strings.Contains(errB.Error(), "rename it") {
			t.Fatalf("%s and %s are both %s", a, b, secret.Variable(a))
		}
	})
	for _, two := range [][2]string{{"db/password", "db__password"}, {"a-b", "a_b"}, {"a.b", "a_b"}, {"A", "a"}, {"a_/b", "a/_b"}} {
		var e secret.Environment
		for _, name := range two {
			if _, _, err := e.Get(t.Context(), name); err == nil {
				t.Errorf("%s is there", name)
			}
		}
	}
}
