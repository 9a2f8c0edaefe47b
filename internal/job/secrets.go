package job

import (
	"bytes"
	"errors"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// Variable is what a task finds in a variable of its environment: a value, or that of a secret.
type Variable struct {
	Value string
	// Secret names the secret; empty for a value that stands in the job.
	Secret string
}

// Plain is a variable with a value that stands in the job.
func Plain(value string) Variable { return Variable{Value: value} }

// String is the value, or the name of the secret in brackets.
func (v Variable) String() string {
	if v.Secret != "" {
		return "[secret " + v.Secret + "]"
	}
	return v.Value
}

// SecretRef is a secret where a value could be.
type SecretRef struct {
	// Secret is its name.
	Secret string `json:"secret"`
}

// errNoSecret is of a stored variable that is neither a string nor a secret.
var errNoSecret = errors.New("a variable is a string, or names a secret")

// MarshalJSON writes a string for a value, as there was before there were secrets, and an object for a secret.
func (v Variable) MarshalJSON() ([]byte, error) {
	if v.Secret != "" {
		return json.Marshal(SecretRef{v.Secret})
	}
	return json.Marshal(v.Value)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Variable) UnmarshalJSON(data []byte) error {
	*v = Variable{}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return json.Unmarshal(data, &v.Value)
	}
	var r SecretRef
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	if v.Secret = r.Secret; v.Secret == "" {
		return errNoSecret
	}
	return nil
}

// SecretFile is a secret that a task finds in a file.
type SecretFile struct {
	// Name is the secret's.
	Name string `json:"name"`
	// Path is where the file is in the container; one that does not begin with / is in the sandbox.
	Path string `json:"path"`
	// Mode is who may read it, in octal digits; 0444 where absent.
	Mode string `json:"mode,omitzero"`
}

// DefaultSecretMode lets any user of the container read a secret: the file is the framework's user's.
const DefaultSecretMode = 0o444

// Perm is the mode as a number.
func (f SecretFile) Perm() uint32 {
	n, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil {
		return DefaultSecretMode
	}
	return uint32(n) & 0o777
}

// InSandbox reports whether the file is in the sandbox.
func (f SecretFile) InSandbox() bool { return !strings.HasPrefix(f.Path, "/") }

// HasSecrets reports whether a task of the group gets any.
func (g *Group) HasSecrets() bool {
	if len(g.Secrets) > 0 || g.Container.Credentials() != "" {
		return true
	}
	for _, v := range g.Env {
		if v.Secret != "" {
			return true
		}
	}
	return false
}

// SecretNames are the secrets that a task of the group gets, in order, each once; nil for none.
func (g *Group) SecretNames() []string {
	if !g.HasSecrets() {
		return nil
	}
	names := map[string]bool{}
	for _, v := range g.Env {
		if v.Secret != "" {
			names[v.Secret] = true
		}
	}
	for _, f := range g.Secrets {
		names[f.Name] = true
	}
	if name := g.Container.Credentials(); name != "" {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// SecretVariables are those of them that it finds in its environment, in order, each once; nil for none.
func (g *Group) SecretVariables() []string {
	only := Group{Env: g.Env}
	return only.SecretNames()
}

// Credentials is the secret that the image is pulled with; empty for none.
func (c *Container) Credentials() string {
	if c == nil || c.RegistryCredentials == nil {
		return ""
	}
	return c.RegistryCredentials.Secret
}

// Fetches reports whether agents have to fetch secrets of the group from the launcher: those in files, and those that images are pulled with, Docker is
// given in no other way.
func (g *Group) Fetches() bool {
	return !g.Container.ByMesos() && (len(g.Secrets) > 0 || g.Container.Credentials() != "")
}

// RegistryFile is where Docker finds what an image is pulled with, in the sandbox.
const RegistryFile = ".docker/config.json"

// CheckSecretPath says what is wrong with the path of a secret's file, empty if nothing is.
func CheckSecretPath(p string) string {
	switch clean := path.Clean(p); {
	case p == "":
		return "is missing; give the path in the container"
	case strings.ContainsAny(p, ":\x00"):
		return "has a colon or a zero byte, is " + quote(p) + "; use a path without"
	case clean == "/" || clean == "." || strings.HasSuffix(p, "/"):
		return "is a directory; name a file, such as /run/secrets/key"
	case clean != p:
		return "must be written without .., . and //, is " + quote(p)
	case clean == SandboxPath || strings.HasPrefix(clean, SandboxPath+"/"):
		return "is in the sandbox; give the path from there, without " + SandboxPath
	case clean == "stdout" || clean == "stderr" || strings.HasPrefix(clean, "..") || strings.HasPrefix(clean, ownSandboxPrefix):
		return quote(p) + " is not the task's to choose; use another"
	}
	return ""
}

// ownSandboxPrefix begins what taurus itself puts into a sandbox.
const ownSandboxPrefix = ".taurus"
