package after

import "slices"

// Cycle returns the jobs, the first of them again at the end, that would wait for each
// other if a job came after others; nil if none would. Jobs that are not there, or are over,
// wait for nobody.
func Cycle(id string, after []string, around Jobs) []string {
	seen := map[string]bool{}
	var path []string
	var visit func(next string) bool
	visit = func(next string) bool {
		if next == id {
			return true
		}
		if seen[next] {
			return false
		}
		seen[next] = true
		j := around.Job(next)
		if j == nil || j.Over() || j.Spec == nil {
			return false
		}
		path = append(path, next)
		if slices.ContainsFunc(j.Spec.After, visit) {
			return true
		}
		path = path[:len(path)-1]
		return false
	}
	for _, next := range after {
		path = path[:0]
		if visit(next) {
			return append(append([]string{id}, path...), id)
		}
	}
	return nil
}
