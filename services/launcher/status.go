package launcher

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/mesos"
)

// How much of a status is kept.
const (
	messageMax   = 16 << 10 // bytes
	addressesMax = 64
)

// recordable returns a status as the log takes it. Executors write messages,
// addresses and times, so they may be anything, and one status that the log
// refuses would hold up all that come after it.
func recordable(st mesos.Status) mesos.Status {
	st.Message = clip(st.Message)
	st.Addresses = slices.DeleteFunc(slices.Clone(st.Addresses), func(a string) bool {
		_, err := netip.ParseAddr(a)
		return err != nil
	})
	st.Addresses = st.Addresses[:min(len(st.Addresses), addressesMax)]
	if y := st.Time.UTC().Year(); y < 1 || y > 9999 {
		st.Time = time.Time{} // RFC 3339 has no more than four digits.
	}
	return st
}

// clip cuts what is too long, and says so.
func clip(text string) string {
	const cut = " [cut]"
	if len(text) <= messageMax {
		return text
	}
	return strings.ToValidUTF8(text[:messageMax-len(cut)], "") + cut
}
