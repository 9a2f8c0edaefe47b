package service

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

const (
	// EnvPrefix begins the name of every environment variable of a setting.
	EnvPrefix = "TAURUS_"
	// configFlag names the file; it cannot be set in the file.
	configFlag = "config"

	sourceFlag    = "the command line"
	sourceDefault = "the default"

	aliasNote  = "taurus_env_alias"
	secretNote = "taurus_secret"
)

// Settings are the flags of a command, and where else their values come from.
type Settings struct {
	role    string
	flags   *pflag.FlagSet
	sources map[string]string
	// own are the settings in order; what cobra adds later, such as --version
	// and the flags of a parent, is none.
	own []*pflag.Flag
}

// NewSettings makes settings of flags for role: --config and what define adds to
// Flags. The help of each names its environment variables.
func NewSettings(role string, flags *pflag.FlagSet, define func(*Settings)) *Settings {
	flags.SortFlags = false
	flags.String(configFlag, "", "`file` of settings, YAML or JSON")
	s := &Settings{role: role, flags: flags, sources: make(map[string]string)}
	define(s)
	flags.VisitAll(func(f *pflag.Flag) {
		f.Usage += " [" + strings.Join(envNames(f), ", ") + "]"
		s.own = append(s.own, f)
	})
	return s
}

// Flags are where a role defines its own settings.
func (s *Settings) Flags() *pflag.FlagSet { return s.flags }

// Alias lets another environment variable stand for a flag; TAURUS_ goes first.
func (s *Settings) Alias(flag, env string) { s.note(flag, aliasNote, env) }

// Secret keeps the value of a flag out of messages.
func (s *Settings) Secret(flag string) { s.note(flag, secretNote, "true") }

func (s *Settings) note(flag, key, value string) {
	f := s.flags.Lookup(flag)
	if f.Annotations == nil {
		f.Annotations = make(map[string][]string)
	}
	f.Annotations[key] = append(f.Annotations[key], value)
}

// Load fills in what the command line left open: from the environment, then
// from the file that --config names. An empty variable counts as not set. All
// faults are in the error, each an ErrUsage.
func (s *Settings) Load(lookupEnv func(string) (string, bool)) error {
	s.flags.Visit(func(f *pflag.Flag) { s.sources[f.Name] = sourceFlag })
	errs := s.loadEnv(lookupEnv)
	name := s.flags.Lookup(configFlag).Value.String()
	if name == "" {
		return errors.Join(errs...)
	}
	data, err := os.ReadFile(name) //nolint:gosec // The operator names the file.
	if err != nil {
		return errors.Join(append(errs, s.Refuse(configFlag, fmt.Sprintf("cannot be read: %v", err)))...)
	}
	return errors.Join(append(errs, s.loadFile(name, data)...)...)
}

// Refuse makes the error that says what is wrong with a setting.
func (s *Settings) Refuse(flag, reason string) error {
	f := s.flags.Lookup(flag)
	return s.refuse(f, f.Value.String(), s.Source(flag), reason)
}

// Source says where the value of a flag came from.
func (s *Settings) Source(flag string) string {
	if source, ok := s.sources[flag]; ok {
		return source
	}
	return sourceDefault
}

func (s *Settings) refuse(f *pflag.Flag, value, source, reason string) error {
	if _, secret := f.Annotations[secretNote]; secret {
		value = "(hidden)"
	}
	value = withoutPasswords(value)
	return &SettingError{Setting: f.Name, Value: value, Source: source, Reason: reason}
}

// withoutPasswords hides user:password before the '@' of each address of a
// list. The scheme may be missing and the password hold commas: such a value is
// what gets refused, so where a user begins is not looked for.
func withoutPasswords(list string) string {
	parts := strings.Split(list, "://")
	for i, part := range parts {
		if at := strings.LastIndexByte(part, '@'); at >= 0 {
			parts[i] = "(hidden)" + part[at:]
		}
	}
	return strings.Join(parts, "://")
}

func (s *Settings) loadEnv(lookup func(string) (string, bool)) (errs []error) {
	for _, f := range s.own {
		for _, name := range envNames(f) {
			if value, ok := lookup(name); ok && value != "" {
				errs = s.offer(errs, f, value, name)
			}
		}
	}
	return errs
}

// offer sets f to value unless something before has set it.
func (s *Settings) offer(errs []error, f *pflag.Flag, value, source string) []error {
	if _, taken := s.sources[f.Name]; taken {
		return errs
	}
	s.sources[f.Name] = source
	if err := f.Value.Set(value); err != nil {
		return append(errs, s.refuse(f, value, source, "want "+wanted(f)+": "+err.Error()))
	}
	return errs
}

func envNames(f *pflag.Flag) []string {
	own := EnvPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	return append([]string{own}, f.Annotations[aliasNote]...)
}

// wanted describes the type of a setting to people.
func wanted(f *pflag.Flag) string {
	switch t := f.Value.Type(); t {
	case "bool":
		return "true or false"
	case "duration":
		return "a duration such as 10s or 168h"
	case "int", "int64", "uint32":
		return "a whole number"
	case bytesType:
		return "a size such as 512MiB"
	default:
		return "a " + t
	}
}
