package command

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// leastOf reads a --min_allocatable_resources: sets of resources with | between
// them. It is nil when there is none.
func leastOf(flag string) ([]resource.Set, error) {
	if flag == "" {
		return nil, nil
	}
	var out []resource.Set
	for part := range strings.SplitSeq(flag, "|") {
		rs, err := resource.Parse(part)
		if err != nil {
			return nil, fmt.Errorf("min_allocatable_resources: %w", err)
		}
		out = append(out, resource.New(rs))
	}
	return out, nil
}
