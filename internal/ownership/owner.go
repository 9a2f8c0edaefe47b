package ownership

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// Owner returns the member that owns a partition; "" if there are no members.
// Their order does not matter.
func Owner(partition uint32, members []string) string {
	var (
		owner string
		best  uint64
	)
	for _, m := range members {
		w := weight(partition, m)
		if owner == "" || cmp.Or(cmp.Compare(w, best), cmp.Compare(m, owner)) > 0 {
			owner, best = m, w
		}
	}
	return owner
}

func weight(partition uint32, member string) uint64 {
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint32(nil, partition), member...))
	return binary.BigEndian.Uint64(sum[:8])
}
