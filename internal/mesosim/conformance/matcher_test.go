package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// matcher compares recorded values with live ones.
type matcher struct {
	ids  *binding
	open map[string]string // reason by path, "[]" for any index: what need only be there
}

// presence reports whether the values of a key are of this moment or this machine.
func presence(key string) bool {
	switch key {
	case "timestamp", "start_time", "elected_time", "registered_time", "reregistered_time", "unregistered_time",
		"unreachable_time", "estimated_drain_start_time", "executor_pid":
		return true
	}
	return false
}

// set reports whether the lists of a key have no order.
func set(key string) bool {
	return key == "capabilities" || key == "network_infos" || strings.Contains(key, "resources")
}

// smallestFree is the smallest port that is picked rather than named.
const smallestFree = 1025

// compare lists the differences of live from recorded; path leads to both.
func (m *matcher) compare(path string, recorded, live any) []string {
	key := path[strings.LastIndexByte(path, '.')+1:]
	if _, open := m.open[path]; open {
		return nil
	}
	if presence(key) {
		if fmt.Sprintf("%T", recorded) != fmt.Sprintf("%T", live) {
			return []string{difference(path, recorded, live)}
		}
		return nil
	}
	switch want := recorded.(type) {
	case map[string]any:
		if got, ok := live.(map[string]any); ok {
			return m.object(path, want, got)
		}
	case []any:
		if got, ok := live.([]any); ok {
			return m.list(path, key, want, got)
		}
	case string:
		if got, ok := live.(string); ok {
			return wrap(path, m.string(path, want, got))
		}
	case json.Number:
		if got, ok := live.(json.Number); ok {
			return wrap(path, m.number(key, want, got))
		}
	default:
		if recorded == live {
			return nil
		}
	}
	return []string{difference(path, recorded, live)}
}

func wrap(path string, err error) []string {
	if err == nil {
		return nil
	}
	return []string{path + ": " + err.Error()}
}

func difference(path string, recorded, live any) string {
	return fmt.Sprintf("%s: got %s, want %s", path, brief(live), brief(recorded))
}

// brief shortens a value for a message.
func brief(v any) string {
	const most = 300
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if len(text) > most {
		return string(text[:most]) + "..."
	}
	return string(text)
}

func (m *matcher) object(path string, want, got map[string]any) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		at := path + "." + k
		live, ok := got[k]
		if !ok {
			out = append(out, fmt.Sprintf("%s: missing, want %s", at, brief(want[k])))
			continue
		}
		out = append(out, m.compare(at, want[k], live)...)
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			out = append(out, fmt.Sprintf("%s.%s: not recorded, got %s", path, k, brief(got[k])))
		}
	}
	return out
}

func (m *matcher) list(path, key string, want, got []any) []string {
	if set(key) {
		want, got = sorted(want), sorted(got)
	}
	if len(want) != len(got) {
		return []string{fmt.Sprintf("%s: got %d, want %d: got %s, want %s", path, len(got), len(want), brief(got), brief(want))}
	}
	var out []string
	for i := range want {
		out = append(out, m.compare(path+"[]", want[i], got[i])...)
	}
	return out
}

// uuid reports whether the path is that of a uuid in base64, plain or wrapped.
func uuid(path string) bool {
	last := strings.TrimSuffix(path, ".value")
	return strings.HasSuffix(last, "uuid")
}

func (m *matcher) string(path, want, got string) error {
	if uuid(path) {
		return m.ids.bind(kindBytes, want, got)
	}
	return m.ids.text(want, got)
}

func (m *matcher) number(key string, want, got json.Number) error {
	if key == "port" {
		if w, err := strconv.Atoi(want.String()); err == nil && w >= smallestFree {
			return m.ids.bind(kindPort, want.String(), got.String())
		}
	}
	if want != got {
		return fmt.Errorf("got %s, want %s", got, want)
	}
	return nil
}
