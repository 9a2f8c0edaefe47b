package launching

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// forbiddenSecret is the first of the secrets that the policy, as it is folded, does not let the job use; nil if it lets it use all. It is
// asked again for each launch: the policy may have become stricter since the job was submitted.
func (m *Machine) forbiddenSecret(j *cluster.Job, names []string) *SecretProblem {
	if m.state.Rules == nil {
		return nil
	}
	for _, name := range names {
		if rule, held := m.state.Rules.HeldSecret(j.ID, name); held {
			return &SecretProblem{
				Kind: SecretForbidden, Name: name,
				Text: fmt.Sprintf("is not for this job: rule %q of the policy does not allow it; use one that it allows, or have the policy changed", rule),
			}
		}
	}
	return nil
}
