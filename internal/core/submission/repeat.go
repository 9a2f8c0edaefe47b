package submission

import "github.com/milosgajdos/taurus/internal/core/cluster"

// repeats reports whether a request about tasks came under the same key before: it is
// carried out already then, whatever has become of the job since. A key that came with
// another request is ErrKeyUsed.
func repeats(j *cluster.Job, key string, kind cluster.RequestKind, group string, slots []uint32) (bool, error) {
	if !Known(j) {
		return false, ErrNotFound
	}
	was := j.Request(key)
	if was == nil {
		return false, nil
	}
	// What scales down says the group of its slots, also where the user did not.
	same := was.Group == group || group == "" && kind == cluster.RequestScaleDown
	if was.Kind != kind || !same || !was.Names(slots) {
		return false, ErrKeyUsed
	}
	return true, nil
}
