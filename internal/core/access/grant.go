package access

import (
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/job"
)

// All is the pattern of every job, and of the cluster.
const All = "*"

// Grant gives rights on the jobs whose ids some of its patterns fit. A pattern is an id,
// a beginning with an asterisk, as "shop/*", or All.
type Grant struct {
	Rights []Right
	Jobs   []string
}

// Gives reports whether it gives a right on a job; an empty id is the cluster.
func (g Grant) Gives(r Right, id string) bool {
	if !slices.Contains(g.Rights, r) {
		return false
	}
	if id == "" || r.OnCluster() {
		return slices.Contains(g.Jobs, All)
	}
	series := seriesOf(id)
	return slices.ContainsFunc(g.Jobs, func(pattern string) bool { return Fits(pattern, id) || Fits(pattern, series) })
}

// seriesOf is the id that a job has its rights by, too: of a run that of its series, which
// says all that a run is, as policies go by it.
func seriesOf(id string) string {
	if job.IsRunID(id) {
		return id[:strings.LastIndexByte(id, '@')]
	}
	return id
}

// Fits reports whether an id is one of a pattern.
func Fits(pattern, id string) bool {
	beginning, open := strings.CutSuffix(pattern, "*")
	if !open {
		return id == pattern
	}
	return strings.HasPrefix(id, beginning)
}

// equal reports whether two grants say the same in the same words.
func (g Grant) equal(other Grant) bool {
	return slices.Equal(g.Rights, other.Rights) && slices.Equal(g.Jobs, other.Jobs)
}
