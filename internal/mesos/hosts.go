package mesos

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// hostsMax bounds a list of patterns: each request to a host is compared with all.
const hostsMax = 1024

// hosts are what a configuration names. Names are compared as they are written:
// nothing is looked up, since who answers for a name may not be who is meant.
type hosts []pattern

// pattern names one host, or many of them.
type pattern struct {
	scheme string // http or https; empty is either
	port   string // empty is any

	name    string       // in lower case; with below, what the name ends with
	below   bool         // every name under name, and not name itself
	network netip.Prefix // addresses, if valid; then there is no name
	all     bool
}

// address is where a request goes, in the form that patterns are in.
type address struct{ scheme, host, port string }

// addressOf is the address in a URL. It has a port even if the URL has none.
func addressOf(u *url.URL) address {
	a := address{scheme: strings.ToLower(u.Scheme), host: canonical(u.Hostname()), port: u.Port()}
	if n, err := strconv.ParseUint(a.port, 10, 16); err == nil {
		a.port = strconv.FormatUint(n, 10)
	}
	switch {
	case a.port != "":
	case a.scheme == "https":
		a.port = "443"
	default:
		a.port = "80"
	}
	return a
}

// canonical makes one spelling of all in which a host may be written.
func canonical(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// allowed reports whether one of the patterns names the address.
func (h hosts) allowed(a address) bool {
	return slices.ContainsFunc(h, func(p pattern) bool { return p.names(a) })
}

func (p pattern) names(a address) bool {
	if p.scheme != "" && p.scheme != a.scheme || p.port != "" && p.port != a.port {
		return false
	}
	switch {
	case p.all:
		return true
	case p.network.IsValid():
		ip, err := netip.ParseAddr(a.host)
		return err == nil && p.network.Contains(ip)
	case p.below:
		return len(a.host) > len(p.name)+1 && strings.HasSuffix(a.host, "."+p.name)
	}
	return p.name == a.host
}

// exactly is the pattern of one address.
func exactly(a address) pattern {
	p := pattern{scheme: a.scheme, port: a.port, name: a.host}
	if ip, err := netip.ParseAddr(a.host); err == nil && ip.Zone() == "" {
		p.name, p.network = "", netip.PrefixFrom(ip, ip.BitLen())
	}
	return p
}

// parseHosts makes patterns of a list of [scheme://]host[:port] separated by
// commas. A host is a name, *.name for all below it, an address, a network such as
// 10.0.0.0/8, or * for all; IPv6 with a port is in brackets.
func parseHosts(list string) (hosts, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var named hosts
	for text := range strings.SplitSeq(list, ",") {
		p, err := parsePattern(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if named = append(named, p); len(named) > hostsMax {
			return nil, refuseHosts("has more than %d patterns; use networks such as 10.0.0.0/8, or *.name", hostsMax)
		}
	}
	return named, nil
}

// Named reports whether a list of hosts, as in Config.Hosts, names that of a base URL.
func Named(list, base string) bool {
	all, err := parseHosts(list)
	u, wrong := url.Parse(base)
	return err == nil && wrong == nil && all.allowed(addressOf(u))
}

func refuseHosts(format string, args ...any) error {
	return &ConfigError{Field: "hosts", Reason: fmt.Sprintf(format, args...)}
}

func parsePattern(text string) (pattern, error) {
	if strings.Contains(text, "@") {
		return pattern{}, refuseHosts("takes hosts only; credentials go into principal and secret")
	}
	var p pattern
	rest := text
	if scheme, after, ok := strings.Cut(text, "://"); ok {
		if p.scheme, rest = strings.ToLower(scheme), after; p.scheme != "http" && p.scheme != "https" {
			return pattern{}, refuseHosts("%q: the scheme is http or https, or none for both", text)
		}
	}
	host, port, ok := cutPort(rest)
	if !ok {
		return pattern{}, refuseHosts("%q is no host with a port; use name:5051, 10.0.0.0/8:5051 or [fd00::/8]:5051", text)
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return pattern{}, refuseHosts("%q: the port is a number from 1 to 65535", text)
		}
		p.port = strconv.FormatUint(n, 10)
	}
	if !p.parseHost(host) {
		return pattern{}, refuseHosts("%q: the host is a name, *.name, an address, a network such as 10.0.0.0/8, or *", text)
	}
	return p, nil
}

// cutPort takes host and port apart. It is false if there is a colon without a
// port, or brackets that do not close.
func cutPort(text string) (host, port string, ok bool) {
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		host, port, ok = strings.Cut(inner, "]")
		if !ok || port == "" {
			return host, "", ok
		}
		port, ok = strings.CutPrefix(port, ":")
		return host, port, ok && port != ""
	}
	if strings.Count(text, ":") != 1 {
		return text, "", true
	}
	host, port, _ = strings.Cut(text, ":")
	return host, port, port != ""
}

// parseHost reports whether it is one.
func (p *pattern) parseHost(host string) bool {
	if host == "*" {
		p.all = true
		return true
	}
	if strings.Contains(host, "/") {
		network, err := netip.ParsePrefix(host)
		if err != nil || network.Addr().Is4In6() {
			return false
		}
		p.network = network.Masked()
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		p.network = netip.PrefixFrom(ip, ip.BitLen())
		return ip.Zone() == ""
	}
	host, p.below = strings.CutPrefix(host, "*.")
	p.name = canonical(host)
	return isHostname(p.name)
}

// isHostname reports whether a name in lower case is one. What ends in a number is
// none: it is an address that is mistyped.
func isHostname(name string) bool {
	if len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notInNames) {
			return false
		}
		last = label
	}
	return strings.ContainsFunc(last, func(r rune) bool { return r < '0' || r > '9' })
}

func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
