package service_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/milosgajdos/taurus/internal/service"
)

// sample is a set of settings of every type.
type sample struct {
	settings *service.Settings
	server   string
	copies   int
	wait     time.Duration
	size     service.Bytes
	on       bool
}

func newSample(t *testing.T) *sample {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s := &sample{}
	s.settings = service.NewSettings("planner", flags, func(settings *service.Settings) {
		flags.StringVar(&s.server, "the-server", "default", "")
		flags.IntVar(&s.copies, "copies", 1, "")
		flags.DurationVar(&s.wait, "wait", time.Second, "")
		flags.Var(&s.size, "size", "")
		flags.BoolVar(&s.on, "on", false, "")
		flags.String("password", "", "")
		settings.Alias("the-server", "MESOS_SERVER")
		settings.Secret("password")
	})
	// As cobra adds them: no settings.
	flags.Bool("help", false, "")
	flags.Bool("version", false, "")
	return s
}

func (s *sample) load(t *testing.T, args []string, env map[string]string, file string) error {
	t.Helper()
	if file != "" {
		name := filepath.Join(t.TempDir(), "taurus.yaml")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", name)
	}
	if err := s.settings.Flags().Parse(args); err != nil {
		t.Fatal(err)
	}
	return s.settings.Load(func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	})
}

// TestPrecedence goes through every combination of places that a setting is
// given in: the flag counts before the environment, that before its alias, that
// before the role's section of the file, that before the rest, then the default.
func TestPrecedence(t *testing.T) {
	const places = 5
	names := [places]string{"flag", "env", "alias", "section", "file"}
	for set := range 1 << places {
		given := func(place int) bool { return set&(1<<place) != 0 }
		want := "default"
		for place := places - 1; place >= 0; place-- {
			if given(place) {
				want = names[place]
			}
		}
		var args []string
		env := make(map[string]string)
		file := "on: true\n"
		if given(0) {
			args = []string{"--the-server=flag"}
		}
		if given(1) {
			env["TAURUS_THE_SERVER"] = "env"
		}
		if given(2) {
			env["MESOS_SERVER"] = "alias"
		}
		if given(3) {
			file += "planner:\n  the-server: section\n"
		}
		if given(4) {
			file += "the-server: file\n"
		}
		s := newSample(t)
		if err := s.load(t, args, env, file); err != nil {
			t.Fatalf("places %05b: %v", set, err)
		}
		if s.server != want {
			t.Errorf("places %05b: the server is %q, want %q", set, s.server, want)
		}
	}
}

func TestLoadTypes(t *testing.T) {
	for name, file := range map[string]string{
		"yaml":        "the_server: [a, b]\ncopies: 3\nwait: 2m\nsize: 8GiB\non: true\n",
		"json":        `{"the-server": ["a", "b"], "copies": 3, "wait": "2m", "size": "8GiB", "on": true}`,
		"own section": "planner: {the-server: 'a,b', copies: 3, wait: 2m, size: 8GiB, on: true}\nreaper: {whatever: 1}\napi:\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample(t)
			if err := s.load(t, nil, nil, file); err != nil {
				t.Fatal(err)
			}
			if s.server != "a,b" || s.copies != 3 || s.wait != 2*time.Minute || s.size != 8<<30 || !s.on {
				t.Errorf("loaded %q %d %v %d %v", s.server, s.copies, s.wait, s.size, s.on)
			}
		})
	}
}

func TestEmptyVariableIsNotSet(t *testing.T) {
	s := newSample(t)
	if err := s.load(t, nil, map[string]string{"TAURUS_COPIES": "", "TAURUS_THE_SERVER": ""}, "copies: 3"); err != nil {
		t.Fatal(err)
	}
	if s.copies != 3 || s.server != "default" {
		t.Errorf("loaded %d and %q", s.copies, s.server)
	}
}

func TestOthersFlagsAreNoSettings(t *testing.T) {
	s := newSample(t)
	if err := s.load(t, nil, map[string]string{"TAURUS_VERSION": "1.2.3", "TAURUS_HELP": "yes"}, ""); err != nil {
		t.Error(err)
	}
	if err := newSample(t).load(t, nil, nil, "version: true"); err == nil || !strings.Contains(err.Error(), `unknown key "version"`) {
		t.Errorf("error %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		env  map[string]string
		file string
		want []string // all of them in the error
	}{
		"unknown key":            {file: "copiez: 3", want: []string{`unknown key "copiez"`, `did you mean "copies"?`}},
		"unlike any key":         {file: "frobnicate: 3", want: []string{`unknown key "frobnicate"`, "--help"}},
		"unknown key in section": {file: "planner: {sise: 1}", want: []string{`unknown key "sise"`, `did you mean "size"?`}},
		"config in the file":     {file: "config: x", want: []string{`unknown key "config"`}},
		"value in the file":      {file: "copies: many", want: []string{"copies", `"many"`, "taurus.yaml", "a whole number"}},
		"value in the env":       {env: map[string]string{"TAURUS_WAIT": "soon"}, want: []string{"wait", `"soon"`, "TAURUS_WAIT", "a duration"}},
		"mapping for a value":    {file: "copies: {a: 1}", want: []string{"copies", "want one value"}},
		"no value":               {file: "copies:", want: []string{"copies", "want one value"}},
		"section is a value":     {file: "api: 3", want: []string{"api", "section"}},
		"size":                   {file: "size: 1XB", want: []string{"size", `"1XB"`, "512MiB"}},
		"not YAML":               {file: "a: [", want: []string{"config", "neither YAML nor JSON"}},
		"a list":                 {file: "[1, 2]", want: []string{"config", "neither YAML nor JSON"}},
		"twice":                  {file: "copies: 1\ncopies: 2", want: []string{"config", "copies"}},
		"all at once": {
			env: map[string]string{"TAURUS_WAIT": "soon"}, file: "copies: many\nzzz: 1",
			want: []string{"wait", "copies", "zzz"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := newSample(t).load(t, nil, tc.env, tc.file)
			if !errors.Is(err, service.ErrUsage) {
				t.Fatalf("error %v, want ErrUsage", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	s := newSample(t)
	err := s.load(t, []string{"--config", filepath.Join(t.TempDir(), "none.yaml")}, nil, "")
	var setting *service.SettingError
	if !errors.As(err, &setting) || setting.Setting != "config" || setting.Source != "the command line" {
		t.Fatalf("error %v", err)
	}
}

func TestSecretsStayHidden(t *testing.T) {
	s := newSample(t)
	if err := s.load(t, nil, map[string]string{"TAURUS_PASSWORD": "hunter2"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.settings.Flags().Set("the-server", "nats://me:hunter2@a:1,zk://me:hunter@2@b:2/x,c:3"); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"password", "the-server"} {
		err := s.settings.Refuse(flag, "is wrong")
		if strings.Contains(err.Error(), "hunter") {
			t.Errorf("the error tells the secret: %v", err)
		}
		if flag == "the-server" && !strings.Contains(err.Error(), "nats://(hidden)@a:1,zk://(hidden)@b:2/x,c:3") {
			t.Errorf("the error hides too much: %v", err)
		}
	}
}

// A file of the limit's size is read, one byte more is refused.
func TestFileHasALimit(t *testing.T) {
	for _, tt := range []struct {
		size int
		ok   bool
	}{{service.FileMax, true}, {service.FileMax + 1, false}} {
		const begin = "copies: 3\n#"
		err := newSample(t).load(t, nil, nil, begin+strings.Repeat("x", tt.size-len(begin)))
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), "the most is 1048576") {
			t.Errorf("%d bytes: %v", tt.size, err)
		}
	}
}

// What is refused for its form has its password in no place in particular.
func TestRefusalHidesPasswordsOfMalformedAddresses(t *testing.T) {
	for value, want := range map[string]string{
		"me:hunter2@a:1":                      `"(hidden)@a:1"`,
		"me:hunter2@a:1,you:hunter2@b:1":      `"(hidden)@b:1"`,
		"nats://me:hunter,2@a:1,nats://b:1":   `"nats://(hidden)@a:1,nats://b:1"`,
		"nats://me:hunter2@a:1,nats://b@x@:1": `"nats://(hidden)@a:1,nats://(hidden)@:1"`,
	} {
		s := newSample(t)
		if err := s.settings.Flags().Set("the-server", value); err != nil {
			t.Fatal(err)
		}
		err := s.settings.Refuse("the-server", "is wrong")
		if strings.Contains(err.Error(), "hunter") || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want the value as %s", err, want)
		}
	}
}

func TestHelpNamesTheEnvironment(t *testing.T) {
	s := newSample(t)
	for flag, want := range map[string]string{
		"the-server": "[TAURUS_THE_SERVER, MESOS_SERVER]", "copies": "[TAURUS_COPIES]", "config": "[TAURUS_CONFIG]",
	} {
		if usage := s.settings.Flags().Lookup(flag).Usage; !strings.Contains(usage, want) {
			t.Errorf("usage of --%s is %q, want %s in it", flag, usage, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]struct {
		n    int64
		back string
	}{
		"0":      {0, "0"},
		"1":      {1, "1"},
		"1KiB":   {1024, "1KiB"},
		"1024":   {1024, "1KiB"},
		"1kB":    {1000, "1kB"},
		"2GB":    {2e9, "2GB"},
		"512MiB": {512 << 20, "512MiB"},
		"3 TiB":  {3 << 40, "3TiB"},
		"10B":    {10, "10"},
	} {
		var b service.Bytes
		if err := b.Set(text); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if int64(b) != want.n || b.String() != want.back {
			t.Errorf("%q is %d, written %q; want %d, %q", text, int64(b), b.String(), want.n, want.back)
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "GiB", "x", "9223372036854775807KiB", "99999999999999999999"} {
		b := service.Bytes(7)
		if err := b.Set(text); err == nil {
			t.Errorf("%q is taken as %d", text, int64(b))
		} else if b != 7 {
			t.Errorf("%q is refused but changed the value to %d", text, int64(b))
		}
	}
}

// FuzzFile feeds settings files: none may crash the process, and none may set
// what a key with its name does not stand for.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"copies: 3", `{"copies": 3}`, "planner: {size: 1GiB}", "a: &a [*a]", "? [x]\n: y", "copies: !!binary aGk=", "<<: {copies: 2}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		s := newSample(t)
		flags := maps.Collect(values(s.settings.Flags()))
		if err := s.load(t, nil, nil, file); err == nil {
			return
		} else if !errors.Is(err, service.ErrUsage) {
			t.Fatalf("error %v, want ErrUsage", err)
		}
		for name, value := range values(s.settings.Flags()) {
			if name != "config" && value != flags[name] && !strings.Contains(file, "\\") && !mentions(file, name) {
				t.Errorf("--%s became %q by %q", name, value, file)
			}
		}
	})
}

func mentions(file, flag string) bool {
	return strings.Contains(file, flag) || strings.Contains(file, strings.ReplaceAll(flag, "-", "_"))
}

func values(flags *pflag.FlagSet) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		more := true
		flags.VisitAll(func(f *pflag.Flag) {
			if more {
				more = yield(f.Name, f.Value.String())
			}
		})
	}
}
