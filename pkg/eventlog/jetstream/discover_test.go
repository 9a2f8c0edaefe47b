package jetstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

func TestMayDiscover(t *testing.T) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	trusting := &tls.Config{InsecureSkipVerify: true}
	for _, c := range []struct {
		o    Options
		want bool
	}{
		{Options{URL: "nats://a,nats://b"}, true},
		{Options{URL: "nats://a", CredentialsFile: "f"}, true},
		{Options{URL: "nats://a", User: "u", Password: "p"}, false},
		{Options{URL: "nats://u:p@a"}, false},
		{Options{URL: "nats://a, nats://token@b"}, false},
		{Options{URL: "tls://a", User: "u", Password: "p"}, true},
		{Options{URL: "wss://u:p@a"}, true},
		{Options{URL: "nats://a", User: "u", Password: "p", TLS: conf}, true},
		{Options{URL: "tls://u:p@a", TLS: trusting}, false},
	} {
		if got := c.o.mayDiscover(); got != c.want {
			t.Errorf("%s, password %q, TLS %t: %t", c.o.URL, c.o.Password, c.o.TLS != nil, got)
		}
	}
}

// speaker is as much of a NATS server as a client's connecting takes. It tells of
// another server and hangs up once the client is connected.
type speaker struct {
	url      string
	connects chan string // The CONNECT of each client.
}

func newSpeaker(t *testing.T, other string) *speaker {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &speaker{url: l.Addr().String(), connects: make(chan string, 100)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.speak(c, other)
		}
	}()

	return s
}

func (s *speaker) speak(c net.Conn, other string) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = fmt.Fprintf(c, `INFO {"server_id":"S","max_payload":1048576,"headers":true,"proto":1,"connect_urls":[%s]}`+"\r\n", other)
	for lines := bufio.NewScanner(c); lines.Scan(); {
		switch text := lines.Text(); {
		case strings.HasPrefix(text, "CONNECT "):
			select {
			case s.connects <- text:
			default:
			}
		case text == "PING":
			_, _ = c.Write([]byte("PONG\r\n"))

			return
		}
	}
}

// TestPasswordGoesToNoDiscoveredServer: a server may tell clients of others, which
// they go to when it hangs up.
func TestPasswordGoesToNoDiscoveredServer(t *testing.T) {
	for name, with := range map[string]func(*Options){
		"nothing secret":      func(*Options) {},
		"password":            func(o *Options) { o.User, o.Password = "taurus", "s3cret" },
		"password in the URL": func(o *Options) { o.URL = strings.Replace(o.URL, "://", "://taurus:s3cret@", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			stranger := newSpeaker(t, "")
			s := newSpeaker(t, fmt.Sprintf("%q", stranger.url))
			o := Options{URL: "nats://" + s.url, Name: "test", Log: slog.New(slog.DiscardHandler)}
			with(&o)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			nc, err := connect(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			secret := name != "nothing secret"
			<-s.connects
			// The one that is not tried next is not known: a client goes round.
			for range 3 {
				select {
				case text := <-s.connects:
					if secret && !strings.Contains(text, "s3cret") {
						t.Errorf("the server got %s", text)
					}
				case text := <-stranger.connects:
					if secret {
						t.Errorf("the stranger got %s", text)
					}

					return
				case <-ctx.Done():
					t.Fatal("nobody is connected to again")
				}
			}
			if !secret {
				t.Error("the other server is not tried, so this test shows nothing")
			}
		})
	}
}
