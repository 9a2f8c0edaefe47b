package docker

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/registry"
)

// configFile is what docker pull reads credentials from; its home is the sandbox (mesos-v1, section 8).
const configFile = ".docker/config.json"

// hub is how credentials of Docker Hub are filed.
const hub = "https://index.docker.io/v1/"

// credentials are those that the sandbox has for the registry of an image, as the Engine's API takes them; empty for none. Helpers
// that a file names are programs of the agent's, and are not called.
func credentials(sandbox, image string) (string, error) {
	data, err := os.ReadFile(filepath.Join(sandbox, configFile))
	if os.IsNotExist(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "", err
	}
	var config struct {
		Auths map[string]registry.AuthConfig `json:"auths"`
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return "", fmt.Errorf("%s in the sandbox is no JSON", configFile) //nolint:err113 // Its text has no part of the file, which is a secret.
	}
	host := reference.Domain(named)
	for name, auth := range config.Auths {
		if !names(name, host) {
			continue
		}
		if decoded, err := base64.StdEncoding.DecodeString(auth.Auth); err == nil && auth.Auth != "" {
			auth.Username, auth.Password, _ = strings.Cut(string(decoded), ":")
		}
		auth.Auth, auth.ServerAddress = "", name
		return authconfig.Encode(auth)
	}
	return "", nil
}

// names reports whether credentials that are filed under a name are those of a registry.
func names(name, host string) bool {
	if host == "docker.io" {
		return name == hub || name == host
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://")
	name, _, _ = strings.Cut(name, "/")
	return name == host
}
