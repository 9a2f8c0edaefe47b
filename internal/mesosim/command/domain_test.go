package command

import (
	"errors"
	"testing"
)

func TestDomainOf(t *testing.T) {
	t.Parallel()
	if d, err := domainOf(""); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
	d, err := domainOf(domainForm)
	if err != nil || d.FaultDomain.Region.Name != "r" || d.FaultDomain.Zone.Name != "z" {
		t.Errorf("%v %v", d, err)
	}
	for _, bad := range []string{"x", "{}", `{"fault_domain":{}}`, `{"fault_domain":{"region":{"name":"r"}}}`} {
		if _, err := domainOf(bad); !errors.Is(err, ErrDomain) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
