package mesos

import (
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// plainOffers turns offers of the wire into plain values.
func plainOffers(wire []mesos.Offer, secure bool) Offers {
	offers := make([]offer.Offer, len(wire))
	for i := range wire {
		offers[i] = plainOffer(&wire[i], secure)
	}
	return Offers{Offers: offers}
}

func plainOffer(o *mesos.Offer, secure bool) offer.Offer {
	scalars, reserved, ports := total(o.Resources)
	return offer.Offer{
		ID:              o.ID.Value,
		AgentID:         o.AgentID.Value,
		Hostname:        o.Hostname,
		AgentURL:        agentURL(o, secure),
		Role:            o.GetAllocationInfo().GetRole(),
		Resources:       scalars,
		Reserved:        reserved,
		Ports:           ports,
		Attributes:      plainAttributes(o.Attributes),
		UnavailableFrom: unavailableFrom(o.Unavailability), UnavailableUntil: unavailableUntil(o.Unavailability),
	}
}

// unavailableUntil is 0 for maintenance without an end.
func unavailableUntil(u *mesos.Unavailability) int64 {
	if u == nil || u.Duration == nil {
		return 0
	}
	return u.Start.Nanoseconds + u.Duration.Nanoseconds
}

func unavailableFrom(u *mesos.Unavailability) int64 {
	if u == nil {
		return 0
	}
	return u.Start.Nanoseconds
}

// agentURL is the address of an agent. Mesos always says http; agents of a
// master with TLS have it too. Certificates are for names, so TLS wants the
// name; without TLS the IP address needs no resolving.
func agentURL(o *mesos.Offer, secure bool) string {
	if o.URL == nil {
		return ""
	}
	addr := o.URL.Address
	scheme, host := "http", addr.GetIP()
	if host == "" {
		host = addr.GetHostname()
	}
	if secure {
		scheme = "https"
		if name := addr.GetHostname(); name != "" {
			host = name
		}
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(addr.Port)))
}

func plainAttributes(wire []mesos.Attribute) []offer.Attribute {
	var attrs []offer.Attribute
	for _, a := range wire {
		attrs = append(attrs, offer.Attribute{Name: a.Name, Value: attributeText(&a)})
	}
	return attrs
}

// attributeText prints a value as Mesos does: 1.5, [1-2, 5-9], {a, b}, text.
func attributeText(a *mesos.Attribute) string {
	switch a.Type {
	case mesos.SCALAR:
		return strconv.FormatFloat(math.Round(a.GetScalar().GetValue()*1000)/1000, 'f', -1, 64)
	case mesos.RANGES:
		var parts []string
		for _, r := range a.GetRanges().GetRange() {
			parts = append(parts, strconv.FormatUint(r.Begin, 10)+"-"+strconv.FormatUint(r.End, 10))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mesos.SET:
		return "{" + strings.Join(a.GetSet().GetItem(), ", ") + "}"
	case mesos.TEXT:
	}
	return a.GetText().GetValue()
}

func plainInverseOffers(wire []mesos.InverseOffer) InverseOffers {
	offers := make([]InverseOffer, len(wire))
	for i, o := range wire {
		offers[i] = InverseOffer{ID: o.OfferID.Value, UnavailableFrom: unavailableFrom(&o.Unavailability), UnavailableUntil: unavailableUntil(&o.Unavailability)}
		if o.AgentID != nil {
			offers[i].AgentID = o.AgentID.Value
		}
	}
	return InverseOffers{Offers: offers}
}

// plainStatus leaves out TaskStatus.data, for Docker the whole of docker inspect.
func plainStatus(st *mesos.TaskStatus) Status {
	s := Status{
		TaskID:   st.TaskID.Value,
		State:    st.GetState().String(),
		Message:  st.GetMessage(),
		UUID:     st.UUID,
		Healthy:  st.Healthy,
		ExitCode: exitCode(st.GetMessage()),
	}
	if st.AgentID != nil {
		s.AgentID = st.AgentID.Value
	}
	if st.Reason != nil {
		s.Reason = st.Reason.String()
	}
	if st.Source != nil {
		s.Source = st.Source.String()
	}
	if st.Timestamp != nil {
		s.Time = time.UnixMicro(int64(math.Round(*st.Timestamp * 1e6))).UTC()
	}
	if st.UnreachableTime != nil {
		s.UnreachableTime = time.Unix(0, st.UnreachableTime.Nanoseconds).UTC()
	}
	if c := st.ContainerStatus; c != nil {
		s.Addresses = addresses(c)
		if c.ContainerID != nil {
			s.ContainerID = c.ContainerID.Value
		}
	}
	return s
}

func addresses(c *mesos.ContainerStatus) []string {
	var ips []string
	for _, n := range c.NetworkInfos {
		for _, a := range n.IPAddresses {
			if ip := a.GetIPAddress(); ip != "" {
				ips = append(ips, ip)
			}
		}
	}
	return ips
}

// exitCode reads the texts of Mesos' executors (src/docker/executor.cpp,
// src/launcher/executor.cpp), the only place where the code is.
func exitCode(message string) *int {
	for _, prefix := range []string{"Container exited with status ", "Command exited with status "} {
		text, ok := strings.CutPrefix(message, prefix)
		if !ok {
			continue
		}
		text, _, _ = strings.Cut(text, ": ") // The embedded Mesos says more.
		if code, err := strconv.Atoi(text); err == nil && code >= 0 {
			return &code
		}
	}
	return nil
}
