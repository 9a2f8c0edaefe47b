package secret

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/milosgajdos/taurus/internal/job"
)

// Prefix begins the variables that hold secrets.
const Prefix = "TAURUS_SECRET_"

// notSecret is a setting that happens to begin so: the file of the principal's secret.
const notSecret = Prefix + "FILE"

// plainName are the names that a variable can stand for. No two of them stand for the same one: a name that may be
// used must not lead to the secret of another.
var plainName = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*(/[a-z0-9]+(_[a-z0-9]+)*)*$`)

// Environment keeps secrets in variables that the process was started with.
type Environment struct{ of map[string]Value }

// TakeEnvironment takes the secrets out of the environment of the process, so that none it starts has them.
func TakeEnvironment() (*Environment, error) {
	e := &Environment{of: map[string]Value{}}
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		if !Holds(name) {
			continue
		}
		e.of[name] = NewValue([]byte(value))
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("take %s out of the environment: %w", name, err)
		}
	}
	return e, nil
}

// Holds reports whether a variable is one that holds a secret.
func Holds(variable string) bool { return strings.HasPrefix(variable, Prefix) && variable != notSecret }

// Get implements Provider.
func (e *Environment) Get(_ context.Context, name string) (Value, string, error) {
	if why := job.CheckSecretName(name); why != "" {
		return Value{}, "", Missing("its name %s", why)
	}
	if !plainName.MatchString(name) {
		return Value{}, "", Missing("a variable can stand for names of lower-case letters, digits, single _ within and /; rename it")
	}
	variable := Variable(name)
	v := e.of[variable]
	switch {
	case variable == notSecret:
		return Value{}, "", Missing("%s is a setting; rename it", variable)
	case len(v.Bytes()) == 0:
		return Value{}, "", Missing("start the launcher with it in %s", variable)
	case len(v.Bytes()) > SizeMax:
		return Value{}, "", Missing("%s has %d bytes, the most is %d", variable, len(v.Bytes()), SizeMax)
	}
	return v.Clone(), "", nil
}

// Variable is the one that a secret is in: db/password is in TAURUS_SECRET_DB__PASSWORD.
func Variable(name string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(name, "/", "__"))
}
