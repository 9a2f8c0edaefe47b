package validate_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// Secrets and volumes, which the table of section 3 only hints at.
func TestContainersAndSecrets(t *testing.T) {
	secret := func(s mesos.Secret) func(*mesos.TaskInfo) {
		return func(t *mesos.TaskInfo) {
			t.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{
				{Name: "X", Type: mesos.Environment_Variable_SECRET.Enum(), Secret: &s},
			}}
		}
	}
	source := func(s mesos.Volume_Source) func(*mesos.TaskInfo) {
		return func(t *mesos.TaskInfo) {
			t.Container = &mesos.ContainerInfo{Type: mesos.ContainerInfo_MESOS.Enum(), Volumes: []mesos.Volume{{ContainerPath: "/x", Source: &s}}}
		}
	}
	badCommand := &mesos.CommandInfo{Value: new("x"), Environment: &mesos.Environment{Variables: []mesos.Environment_Variable{{Name: "V"}}}}
	reference, value := &mesos.Secret_Reference{Name: "s"}, &mesos.Secret_Value{Data: []byte("v")}
	const c, k = "Task's `CommandInfo` is invalid: Environment variable 'X' specifies ", "Task's `ContainerInfo` is invalid: Invalid volume: "
	const v = "Environment variable 'V' of type 'VALUE' must have a value set"
	for _, row := range []struct {
		want string
		spec func(*mesos.TaskInfo)
	}{
		{c + "an invalid secret: Secret of type REFERENCE must have the 'reference' field set", secret(mesos.Secret{Type: mesos.Secret_REFERENCE})},
		{
			c + "an invalid secret: Secret 's' of type REFERENCE must not have the 'value' field set",
			secret(mesos.Secret{Type: mesos.Secret_REFERENCE, Reference: reference, Value: value}),
		},
		{"", secret(mesos.Secret{Type: mesos.Secret_REFERENCE, Reference: reference})},
		{c + "an invalid secret: Secret of type VALUE must have the 'value' field set", secret(mesos.Secret{Type: mesos.Secret_VALUE})},
		{
			c + "an invalid secret: Secret of type VALUE must not have the 'reference' field set",
			secret(mesos.Secret{Type: mesos.Secret_VALUE, Reference: reference, Value: value}),
		},
		{"", secret(mesos.Secret{Type: mesos.Secret_VALUE, Value: value})},
		{"", secret(mesos.Secret{})},
		{
			c + "a secret containing null bytes, which is not allowed in the environment",
			secret(mesos.Secret{Type: mesos.Secret_VALUE, Value: &mesos.Secret_Value{Data: []byte("a\x00b")}}),
		},
		{k + "'source.type' is unknown", source(mesos.Volume_Source{})},
		{k + "'source.secret' is not set for SECRET volume", source(mesos.Volume_Source{Type: mesos.Volume_Source_SECRET})},
		{"", source(mesos.Volume_Source{Type: mesos.Volume_Source_SANDBOX_PATH, SandboxPath: &mesos.Volume_Source_SandboxPath{}})},
		{
			"Task uses invalid health check: Health check's `CommandInfo` is invalid: " + v,
			func(t *mesos.TaskInfo) { t.HealthCheck = &mesos.HealthCheck{Command: badCommand} },
		},
		{
			"Task uses invalid check: Check's `CommandInfo` is invalid: " + v,
			func(t *mesos.TaskInfo) {
				t.Check = &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND, Command: &mesos.CheckInfo_Command{Command: *badCommand}}
			},
		},
	} {
		task := valid()
		row.spec(task)
		if got := validate.Task(task, against()); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}
