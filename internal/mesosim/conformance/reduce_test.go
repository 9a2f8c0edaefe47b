package conformance_test

import "slices"

// shared reports whether a list of an operator's answers holds what belongs to one
// framework each.
func shared(key string) bool {
	return slices.Contains([]string{"frameworks", "completed_frameworks", "recovered_frameworks", "tasks", "completed_tasks", "executors"}, key)
}

// only leaves those frameworks, tasks and executors that belong to ids, and of
// lists of them no empty ones.
func only(ids []string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			list, ok := x.([]any)
			if ok && shared(k) {
				list = slices.DeleteFunc(slices.Clone(list), func(e any) bool { return !slices.Contains(ids, owner(e)) })
				if len(list) == 0 {
					continue
				}
				x = list
			}
			out[k] = only(ids, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = only(ids, x)
		}
		return out
	}
	return v
}

// owner is the id of the framework that an entry belongs to.
func owner(v any) string {
	for _, path := range []string{"framework_id.value", "framework_info.id.value", "executor_info.framework_id.value"} {
		if id := textAt(v, path); id != "" {
			return id
		}
	}
	return ""
}

// untrimmed leaves of a live OFFERS what a trimmed recorded one has.
func untrimmed(want, got any) (recorded, live any) {
	offers := func(v any) []any {
		list, _ := at(v, "offers.offers").([]any)
		return list
	}
	var left []any
	for _, o := range offers(got) {
		kept := map[string]any{}
		for _, k := range []string{"id", "agent_id", "resources", "unavailability", "allocation_info"} {
			if x := at(o, k); x != nil {
				kept[k] = x
			}
		}
		left = append(left, kept)
	}
	return offers(want), left
}
