package simulated

import (
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		runFor     time.Duration
		exitCode   int
		understood bool
	}{
		"true":                            {0, 0, true},
		"false":                           {0, 1, true},
		"exit 3":                          {0, 3, true},
		"sleep 5":                         {5 * time.Second, 0, true},
		"sleep 0.5":                       {500 * time.Millisecond, 0, true},
		"sleep 1m 2s":                     {62 * time.Second, 0, true},
		"sleep 1h":                        {time.Hour, 0, true},
		"echo x; exit 0":                  {0, 0, true},
		"sleep 1 && sleep 2\nexit 4; boo": {3 * time.Second, 4, true},
		"false; exit":                     {0, 1, true},
		"  ;; ":                           {0, 0, true},
		"sleep":                           {0, 0, false},
		"sleep infinity":                  {0, 0, false},
		"sleep -1":                        {0, 0, false},
		"sleep nan":                       {0, 0, false},
		"sleep 1e300":                     {0, 0, false},
		"exit 256":                        {0, 0, false},
		"exit $?":                         {0, 0, false},
		"while true; do sleep 1; done":    {0, 0, false},
		"nginx -g daemon":                 {0, 0, false},
	}
	for script, want := range tests {
		runFor, exitCode, understood := read(script)
		if understood != want.understood || understood && (runFor != want.runFor || exitCode != want.exitCode) {
			t.Errorf("read(%q) = %v, %d, %v, want %+v", script, runFor, exitCode, understood, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"sleep 5", "exit 3", "sleep 1e9d 9e99s", "echo x; exit 0", "false && true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		runFor, exitCode, understood := read(script)
		if understood && (runFor < 0 || exitCode < 0 || exitCode > 255) {
			t.Errorf("read(%q) = %v, %d", script, runFor, exitCode)
		}
	})
}

func TestScriptOf(t *testing.T) {
	t.Parallel()
	no := false
	command := func(value string, arguments ...string) *mesos.CommandInfo {
		return &mesos.CommandInfo{Shell: &no, Value: &value, Arguments: arguments}
	}
	shell := "sleep 1"
	for want, c := range map[string]*mesos.CommandInfo{
		"":        nil,
		"sleep 1": {Value: &shell},
		"sleep 2": command("/bin/sleep", "2"),
		"sleep 3": command("/bin/sleep", "sleep", "3"), // As for a plain command, with argv[0].
		"exit 4":  command("sh", "-c", "exit 4"),
	} {
		if got, _ := scriptOf(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLabelsWinOverCommandAndDefaults(t *testing.T) {
	t.Parallel()
	command := "sleep 5; exit 2"
	opts := Options{StartDelay: time.Second, RunFor: time.Hour, KillDelay: time.Minute, ExitCode: 9}
	info := mesos.TaskInfo{}
	if got, want := planOf(info, opts), (plan{startDelay: time.Second, runFor: time.Hour, exitCode: 9, killDelay: time.Minute}); got != want {
		t.Errorf("by defaults: %+v, want %+v", got, want)
	}
	info.Command = &mesos.CommandInfo{Value: &command}
	if got := planOf(info, opts); got.runFor != 5*time.Second || got.exitCode != 2 {
		t.Errorf("by command: %+v", got)
	}
	info.Labels = &mesos.Labels{}
	for key, value := range map[string]string{
		LabelStartDelay: "2s", LabelRunFor: "3s", LabelExitCode: "4", LabelKillDelay: "5s", LabelIgnoreTerm: "true", LabelFail: "no",
		"other": "label",
	} {
		info.Labels.Labels = append(info.Labels.Labels, mesos.Label{Key: key, Value: &value})
	}
	want := plan{startDelay: 2 * time.Second, runFor: 3 * time.Second, exitCode: 4, killDelay: 5 * time.Second, ignoreTerm: true, fail: "no"}
	if got := planOf(info, opts); got != want {
		t.Errorf("by labels: %+v, want %+v", got, want)
	}
	bad, negative := "soon", "-1s"
	info.Labels.Labels = []mesos.Label{
		{Key: LabelRunFor, Value: &bad}, {Key: LabelStartDelay, Value: &negative}, {Key: LabelExitCode, Value: &bad},
	}
	if got := planOf(info, opts); got.runFor != 5*time.Second || got.startDelay != time.Second || got.exitCode != 2 {
		t.Errorf("by labels that cannot be read: %+v", got)
	}
}
