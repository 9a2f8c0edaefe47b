package election

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Master is a v0 MasterInfo as it is written to ZooKeeper, its keys sorted as
// Mesos sorts them.
type Master struct {
	Address      Endpoint     `json:"address"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	Domain       *Domain      `json:"domain,omitempty"`
	Hostname     string       `json:"hostname"`
	ID           string       `json:"id"`
	IP           uint32       `json:"ip"` // network order, read as on a little-endian machine
	PID          string       `json:"pid"`
	Port         int          `json:"port"`
	Version      string       `json:"version,omitempty"`
}

// Endpoint is where a master listens.
type Endpoint struct {
	Hostname string `json:"hostname,omitempty"`
	IP       string `json:"ip,omitempty"`
	Port     int    `json:"port"`
}

// Domain is where a master is.
type Domain struct {
	FaultDomain FaultDomain `json:"fault_domain"`
}

// FaultDomain is what may fail together.
type FaultDomain struct {
	Region Name `json:"region"`
	Zone   Name `json:"zone"`
}

// Name is that of a region or zone.
type Name struct {
	Name string `json:"name"`
}

// Capability is one thing that a master can do.
type Capability struct {
	Type string `json:"type"`
}

// NewMaster describes the master with this id that listens on ip:port.
func NewMaster(id, ip, hostname string, port int, version string, capabilities ...string) Master {
	m := Master{
		Address: Endpoint{Hostname: hostname, IP: ip, Port: port}, Hostname: hostname, ID: id,
		PID: "master@" + net.JoinHostPort(ip, strconv.Itoa(port)), Port: port, Version: version,
	}
	if v4 := net.ParseIP(ip).To4(); v4 != nil {
		m.IP = binary.LittleEndian.Uint32(v4)
	}
	for _, c := range capabilities {
		m.Capabilities = append(m.Capabilities, Capability{c})
	}
	return m
}

// Authority is host:port as others should name this master: by its host name if
// it has one.
func (m Master) Authority() string {
	host := m.Address.Hostname
	if host == "" {
		host = m.Hostname
	}
	if host == "" {
		host = m.ip()
	}
	return net.JoinHostPort(host, strconv.Itoa(m.port()))
}

// Addr is ip:port, for those who must not depend on names; the authority if the
// master did not tell its ip.
func (m Master) Addr() string {
	if ip := m.ip(); ip != "" {
		return net.JoinHostPort(ip, strconv.Itoa(m.port()))
	}
	return m.Authority()
}

func (m Master) ip() string {
	if m.Address.IP == "" && m.IP != 0 {
		return net.IP(binary.LittleEndian.AppendUint32(nil, m.IP)).String()
	}
	return m.Address.IP
}

func (m Master) port() int {
	if m.Address.Port != 0 {
		return m.Address.Port
	}
	return m.Port
}

func parseMaster(data []byte) (Master, error) {
	var m Master
	if err := json.Unmarshal(data, &m); err != nil {
		return Master{}, fmt.Errorf("%w: %w", ErrMasterInfo, err)
	}
	named := m.ip() != "" || m.Address.Hostname != "" || m.Hostname != ""
	if p := m.port(); !named || p <= 0 || p > 0xffff {
		return Master{}, ErrMasterInfo
	}
	return m, nil
}

// label is what the nodes of masters are called, before their number.
const label = "json.info_"

// leading is the node with the smallest number; ok is false when no master is
// there. Whatever else lies beside them is no master.
func leading(children []string) (node string, ok bool) {
	var least uint64
	for _, name := range children {
		digits, is := strings.CutPrefix(name, label)
		if !is {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err == nil && (!ok || n < least) {
			node, least, ok = name, n, true
		}
	}
	return node, ok
}
