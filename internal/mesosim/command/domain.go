package command

import (
	"errors"
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// ErrDomain is returned for a --domain that is not JSON with a region and a zone.
var ErrDomain = errors.New("domain: must be like " + domainForm)

const (
	domainForm  = `{"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}`
	domainUsage = "where it is, like " + domainForm + ", or file:// and a path"
)

// domainOf reads a --domain; nil when there is none.
func domainOf(flag string) (*mesos.DomainInfo, error) {
	if flag == "" {
		return nil, nil //nolint:nilnil // No domain is none.
	}
	content, err := contentOf("domain", flag)
	if err != nil {
		return nil, err
	}
	var d mesos.DomainInfo
	if err := wire.NewCodec().Decode(wire.MediaJSON, []byte(content), &d); err != nil || d.FaultDomain == nil {
		return nil, fmt.Errorf("%w, not %q", ErrDomain, content)
	}
	return &d, nil
}
