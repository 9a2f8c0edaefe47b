package conformance_test

import (
	"encoding/base64"
	"maps"
	"regexp"
	"strings"
)

// inspected is the decoded data of a status of a docker task, or nil.
func inspected(body any) any {
	text, err := base64.StdEncoding.DecodeString(textAt(body, "update.status.data"))
	if err != nil || len(text) == 0 {
		return nil
	}
	var v any
	if decode(text, &v) != nil {
		return nil
	}
	return v
}

// recordedWork is the work directory of an agent of the record.
var recordedWork = regexp.MustCompile(`/var/lib/mesos/[^/]+\.work`)

// ownLabels is the prefix of the labels by which the embedded agent knows its
// containers again, and of those of the image.
const ownLabels = "taurus."

// essence is what was asked of the engine for a container (section 8): its
// configuration without what the engine chose and what is ours. work finds the
// work directory of the agent.
func essence(v any, work *regexp.Regexp) any {
	list, _ := v.([]any)
	var out []any
	for _, c := range list {
		config, _ := at(c, "Config").(map[string]any)
		config = maps.Clone(config)
		delete(config, "Hostname")
		if env, ok := config["Env"].([]any); ok {
			config["Env"] = sorted(env)
		}
		if labels, ok := config["Labels"].(map[string]any); ok {
			config["Labels"] = foreign(labels)
		}
		kept := map[string]any{"Config": config, "HostConfig": at(c, "HostConfig")}
		for _, path := range []string{"Path", "Args", "Name", "RestartCount", "Platform", "State.Status", "State.Running", "Mounts"} {
			kept[path] = at(c, path)
		}
		out = append(out, relocated(work, kept))
	}
	return out
}

func foreign(labels map[string]any) map[string]any {
	out := maps.Clone(labels)
	maps.DeleteFunc(out, func(k string, _ any) bool { return strings.HasPrefix(k, ownLabels) })
	return out
}

// relocated puts a common name in the place of work directories.
func relocated(work *regexp.Regexp, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = relocated(work, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = relocated(work, x)
		}
		return out
	case string:
		return work.ReplaceAllString(v, "<work_dir>")
	}
	return v
}
