package validate

import (
	"bytes"
	"fmt"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

func environment(c *mesos.CommandInfo) string {
	for _, v := range c.GetEnvironment().GetVariables() {
		switch v.GetType() {
		case mesos.Environment_Variable_SECRET:
			if why := secretVariable(&v); why != "" {
				return fmt.Sprintf("Environment variable '%s' %s", v.Name, why)
			}
		case mesos.Environment_Variable_VALUE:
			if v.Value == nil {
				return fmt.Sprintf("Environment variable '%s' of type 'VALUE' must have a value set", v.Name)
			}
			if v.Secret != nil {
				return fmt.Sprintf("Environment variable '%s' of type 'VALUE' must not have a secret set", v.Name)
			}
		case mesos.Environment_Variable_UNKNOWN:
			return "Environment variable of type 'UNKNOWN' is not allowed"
		}
	}
	return ""
}

func secretVariable(v *mesos.Environment_Variable) string {
	switch {
	case v.Secret == nil:
		return "of type 'SECRET' must have a secret set"
	case v.Value != nil:
		return "of type 'SECRET' must not have a value set"
	}
	if why := secretFault(v.Secret); why != "" {
		return "specifies an invalid secret: " + why
	}
	if bytes.IndexByte(v.Secret.GetValue().GetData(), 0) >= 0 {
		return "specifies a secret containing null bytes, which is not allowed in the environment"
	}
	return ""
}

func secretFault(s *mesos.Secret) string {
	switch s.Type {
	case mesos.Secret_REFERENCE:
		switch {
		case s.Reference == nil:
			return "Secret of type REFERENCE must have the 'reference' field set"
		case s.Value != nil:
			return fmt.Sprintf("Secret '%s' of type REFERENCE must not have the 'value' field set", s.Reference.Name)
		}
	case mesos.Secret_VALUE:
		switch {
		case s.Value == nil:
			return "Secret of type VALUE must have the 'value' field set"
		case s.Reference != nil:
			return "Secret of type VALUE must not have the 'reference' field set"
		}
	case mesos.Secret_UNKNOWN:
	}
	return ""
}

func containerFault(c *mesos.ContainerInfo) string {
	for _, v := range c.Volumes {
		if why := volumeFault(v); why != "" {
			return "Invalid volume: " + why
		}
	}
	if c.GetType() != mesos.ContainerInfo_DOCKER {
		return ""
	}
	if c.Docker == nil {
		return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"
	}
	for _, p := range c.Docker.Parameters {
		if p.Key == "name" {
			return "Parameter in DockerInfo must not be 'name'"
		}
	}
	return ""
}

func volumeFault(v mesos.Volume) string {
	set := 0
	for _, have := range []bool{v.HostPath != nil, v.Image != nil, v.Source != nil} {
		if have {
			set++
		}
	}
	if set != 1 {
		return "Only one of them should be set: 'host_path', 'image' and 'source'"
	}
	if v.Source == nil {
		return ""
	}
	return sourceFault(v.Source)
}

// sourceFault checks that the part is there that the type of a source names.
func sourceFault(s *mesos.Volume_Source) string {
	missing := false
	switch s.Type {
	case mesos.Volume_Source_DOCKER_VOLUME:
		missing = s.DockerVolume == nil
	case mesos.Volume_Source_HOST_PATH:
		missing = s.HostPath == nil
	case mesos.Volume_Source_SANDBOX_PATH:
		missing = s.SandboxPath == nil
	case mesos.Volume_Source_SECRET:
		missing = s.Secret == nil
	case mesos.Volume_Source_UNKNOWN:
		return "'source.type' is unknown"
	}
	if missing {
		return fmt.Sprintf("'source.%s' is not set for %s volume", strings.ToLower(s.Type.String()), s.Type)
	}
	return ""
}
