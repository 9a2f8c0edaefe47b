package service

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"github.com/milosgajdos/taurus/internal/levenshtein"
)

// FileMax is the largest settings file that is read, in bytes.
const FileMax = 1 << 20

// sections are the roles that a settings file may have a section for, so that
// one file can serve them all. A section is checked by its own role.
func sections() []string { return []string{"api", "planner", "launcher", "reaper"} }

// loadFile takes the section of the role first, then what stands outside.
func (s *Settings) loadFile(name string, data []byte) []error {
	if len(data) > FileMax {
		return []error{s.Refuse(configFlag, fmt.Sprintf("has %d bytes, the most is %d", len(data), FileMax))}
	}
	var keys yaml.MapSlice
	if err := yaml.Unmarshal(data, &keys); err != nil {
		return []error{s.Refuse(configFlag, "is neither YAML nor JSON with one setting a key: "+yaml.FormatError(err, false, false))}
	}
	own, outside, errs := s.sort(keys)
	for _, item := range slices.Concat(own, outside) {
		errs = s.loadKey(errs, name, item)
	}
	return errs
}

// sort takes the sections out of the keys of a file.
func (s *Settings) sort(keys yaml.MapSlice) (own, outside yaml.MapSlice, errs []error) {
	for _, item := range keys {
		key := fmt.Sprint(item.Key)
		if !slices.Contains(sections(), key) {
			outside = append(outside, item)
			continue
		}
		section, ok := entries(item.Value)
		if !ok {
			errs = append(errs, s.Refuse(configFlag, fmt.Sprintf("key %s: is a section for that role and holds settings", key)))
		}
		if key == s.role {
			own = append(own, section...)
		}
	}
	return own, outside, errs
}

// entries are the items of a mapping; an empty section holds none.
func entries(value any) (yaml.MapSlice, bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case yaml.MapSlice:
		return v, true
	case map[string]any:
		var items yaml.MapSlice
		for key, value := range v {
			items = append(items, yaml.MapItem{Key: key, Value: value})
		}
		return items, true
	}
	return nil, false
}

func (s *Settings) loadKey(errs []error, file string, item yaml.MapItem) []error {
	key := fmt.Sprint(item.Key)
	f := s.find(key)
	if f == nil {
		return append(errs, s.Refuse(configFlag, s.unknown(key)))
	}
	value, ok := text(item.Value)
	if !ok {
		return append(errs, s.refuse(f, fmt.Sprint(item.Value), file, "want one value, or a list of them"))
	}
	return s.offer(errs, f, value, file)
}

// find is the setting that a key stands for, nil if there is none.
func (s *Settings) find(key string) *pflag.Flag {
	name := strings.ReplaceAll(key, "_", "-")
	for _, f := range s.own {
		if f.Name == name && name != configFlag {
			return f
		}
	}
	return nil
}

// unknown says that nothing is called key, and what may have been meant.
func (s *Settings) unknown(key string) string {
	reason := fmt.Sprintf("unknown key %q", key)
	best, least := "", 3
	for _, f := range s.own {
		if d := levenshtein.Distance(strings.ReplaceAll(key, "_", "-"), f.Name, least); d < least && f.Name != configFlag {
			best, least = f.Name, d
		}
	}
	if best != "" {
		return reason + fmt.Sprintf(", did you mean %q?", best)
	}
	return reason + "; `--help` lists the settings"
}

// text is the value of a key as it would stand on the command line.
func text(value any) (string, bool) {
	switch v := value.(type) {
	case nil, map[string]any, yaml.MapSlice:
		return "", false
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			one, ok := text(part)
			if !ok {
				return "", false
			}
			parts[i] = one
		}
		return strings.Join(parts, ","), true
	}
	return fmt.Sprint(value), true
}
