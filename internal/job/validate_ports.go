package job

import "strconv"

// maxPort is the largest TCP or UDP port.
const maxPort = 65535

// ports checks the ports of a group against each other and the network.
func (c *checker) ports(group string, g *Group) {
	at := join(group, "ports")
	if !c.atMost(at, len(g.Ports), c.lim.Ports) {
		return
	}
	network := DefaultNetwork
	if g.Container != nil {
		network = g.Container.Network
	}
	if network == NetworkNone && len(g.Ports) > 0 {
		c.fault(at, `there are none on the network "none"; remove the ports or choose "bridge"`)
	}
	seen := portsSeen{ports: g.Ports, taken: map[string]int{}}
	for i, p := range g.Ports {
		here := index(at, i)
		c.port(here, p, network)
		if first, taken := seen.take(i, "container", p.Container); taken {
			c.fault(join(here, "container"), "%d/%s is published by %s already; remove one", p.Container, p.Protocol, index(at, first))
		}
		if first, taken := seen.take(i, "host", p.Host); taken {
			c.fault(join(here, "host"), "%d/%s is that of %s already, and one port of a host leads to one program; ask for another",
				p.Host, p.Protocol, index(at, first))
		}
		if first := seen.alike(i); first >= 0 {
			c.fault(join(here, "name"), "%s makes the variable %s, and so does %s; %s",
				quote(p.Name), PortVariable(p.Name), index(at, first), p.insteadOf(g.Ports[first]))
		}
	}
}

// port checks one port by itself.
func (c *checker) port(at string, p Port, network string) {
	if p.Name != "" {
		c.name(join(at, "name"), p.Name)
	}
	if p.Container > maxPort {
		c.fault(join(at, "container"), "must be from 1 to %d, or 0 for the same as the host port, is %d", maxPort, p.Container)
	}
	if network == NetworkHost && p.Container != 0 && p.Container != p.Host {
		c.fault(join(at, "container"), "ports are not mapped on the host network; leave it out or give host the same port")
	}
	if p.Host > maxPort {
		c.fault(join(at, "host"), "must be from 1 to %d, or 0 for any, is %d", maxPort, p.Host)
	}
	c.oneOf(join(at, "protocol"), p.Protocol, ProtocolTCP, ProtocolUDP, ProtocolBoth)
}

// portsSeen finds ports of a group that cannot be there together.
type portsSeen struct {
	ports []Port
	taken map[string]int
}

// take notes that the i-th port wants a number for its protocols, and returns the first
// that has it for one of them.
func (s *portsSeen) take(i int, side string, number uint32) (first int, taken bool) {
	if number == 0 {
		return 0, false
	}
	for _, protocol := range s.ports[i].Protocols() {
		key := side + " " + protocol + " " + strconv.FormatUint(uint64(number), 10)
		if other, ok := s.taken[key]; ok && other != i {
			return other, true
		}
		s.taken[key] = i
	}
	return 0, false
}

// alike is the first port before the i-th whose variable is the same and another port of
// the host, -1 if there is none.
func (s *portsSeen) alike(i int) int {
	p := s.ports[i]
	if p.Name == "" {
		return -1
	}
	key := "variable " + PortVariable(p.Name)
	first, ok := s.taken[key]
	if !ok {
		s.taken[key] = i
		return -1
	}
	if p.Host != 0 && p.Host == s.ports[first].Host {
		return -1
	}
	return first
}

// insteadOf is what to do about a port that has the variable of another.
func (p Port) insteadOf(other Port) string {
	if p.Protocol != other.Protocol && p.Name == other.Name && p.Host == 0 && other.Host == 0 && p.Container == other.Container {
		return `if both are the same port, write one with the protocol "tcp,udp", else rename one`
	}
	return "rename one"
}
