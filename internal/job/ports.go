package job

import "strings"

// normalProtocol is a protocol in the form that Validate knows.
func normalProtocol(written string) string {
	protocol := strings.ReplaceAll(strings.ToLower(written), " ", "")
	switch protocol {
	case "":
		return ProtocolTCP
	case ProtocolUDP + "," + ProtocolTCP:
		return ProtocolBoth
	case ProtocolTCP, ProtocolUDP, ProtocolBoth:
		return protocol
	}
	return strings.ToLower(written)
}

// Protocols are those that the port is for, one or both.
func (p Port) Protocols() []string {
	if p.Protocol == ProtocolBoth {
		return []string{ProtocolTCP, ProtocolUDP}
	}
	return []string{p.Protocol}
}

// ForTCP reports whether the port can be asked by a check, which speaks no UDP.
func (p Port) ForTCP() bool { return p.Protocol != ProtocolUDP }

// PortVariable is the environment variable that has the host's port for one of a name:
// that of admin-ui is PORT_ADMIN_UI.
func PortVariable(name string) string {
	return portPrefix + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}
