package api_test

import (
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/web"
)

// arriving are connections of addresses, one after the other.
type arriving struct {
	net.Listener
	from []string
}

func (d *arriving) Accept() (net.Conn, error) {
	if len(d.from) == 0 {
		return nil, io.EOF
	}
	from := d.from[0]
	d.from = d.from[1:]
	ours, _ := net.Pipe() // Nobody says anything.
	return &addressed{ours, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}, nil
}

// addressed is a connection of an address.
type addressed struct {
	net.Conn
	from net.Addr
}

func (a *addressed) RemoteAddr() net.Addr { return a.from }

// TestASubscriberIsOneClient: who has 64 bits of addresses has no more connections by them.
func TestASubscriberIsOneClient(t *testing.T) {
	t.Parallel()
	const each = 2
	refused := 0
	l := api.Connections(&arriving{from: []string{
		"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[2001:db8:0:1::1]:1", "192.0.2.1:1", "192.0.2.2:1",
	}}, 100, each, func() { refused++ })
	var in []string
	for {
		conn, err := l.Accept()
		if err != nil {
			break
		}
		defer conn.Close()
		api.Busy(l, conn)
		in = append(in, conn.RemoteAddr().String())
	}
	if refused != 1 || len(in) != 5 || in[2] != "[2001:db8:0:1::1]:1" {
		t.Errorf("%d are refused; let in are %v", refused, in)
	}
}

// TestRequestsOfASubscriberAreOneClients: nor has it more requests by them.
func TestRequestsOfASubscriberAreOneClients(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Requests = web.Limits{Requests: 16, RequestsEach: 2} })
	r.Create(apitest.OneTask)
	park(t, r.API, 1, "POST", scaling, "[2001:db8::1]")
	park(t, r.API, 1, "POST", scaling, "[2001:db8::2]")
	crowded(t, sendFrom(t, r.API, "[2001:db8::3]", "GET", "/v2/jobs", ""), "--requests-per-client")
	sendFrom(t, r.API, "[2001:db8:0:1::1]", "GET", "/v2/jobs", "").Want(200)
}
