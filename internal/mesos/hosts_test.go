package mesos

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestHostsNameWhatTheySay(t *testing.T) {
	for _, tt := range []struct {
		list     string
		yes, not []string
	}{
		{
			"mesos1",
			[]string{"http://mesos1", "http://mesos1:5050", "https://MESOS1.:5050", "http://mesos1:1"},
			[]string{"http://mesos1.evil", "http://mesos11", "http://xmesos1", "http://10.0.0.1", "http://evil:5050"},
		},
		{
			"mesos1:5050",
			[]string{"http://mesos1:5050", "https://mesos1:5050", "http://mesos1:05050"},
			[]string{"http://mesos1", "http://mesos1:5051", "http://mesos1:505", "http://mesos1:50500"},
		},
		{"https://mesos1", []string{"https://mesos1:5050"}, []string{"http://mesos1:5050"}},
		{"http://mesos1:80", []string{"http://mesos1"}, []string{"https://mesos1", "https://mesos1:80"}},
		{"mesos1:443", []string{"https://mesos1", "http://mesos1:443"}, []string{"http://mesos1"}},
		{
			"*.mesos.internal:5050",
			[]string{"http://a.mesos.internal:5050", "http://a.b.mesos.internal:5050", "http://A.MESOS.internal.:5050"},
			[]string{
				"http://mesos.internal:5050", "http://.mesos.internal:5050", "http://amesos.internal:5050",
				"http://a.mesos.internal.evil:5050", "http://a.mesos.internal:5051", "http://a.mesos.internal@evil:5050",
			},
		},
		{
			"10.1.0.0/16",
			[]string{"http://10.1.2.3:5051", "http://10.1.0.0", "http://[::ffff:10.1.2.3]:5051"},
			[]string{
				"http://10.2.0.1", "http://10.1.2.3.evil", "http://a:5051", "http://0x0a010203", "http://167838211",
				"http://10.1.515", "http://010.1.2.3", "http://[::10.1.2.3]",
			},
		},
		{"10.1.2.3/16:5051", []string{"http://10.1.9.9:5051"}, []string{"http://10.1.9.9:5050"}},
		{"10.1.2.3", []string{"http://10.1.2.3:1", "https://[::ffff:10.1.2.3]"}, []string{"http://10.1.2.4"}},
		{"::ffff:10.1.2.3", []string{"http://10.1.2.3:1"}, []string{"http://10.1.2.4"}},
		{"fd00::/8", []string{"http://[fd00::1]:5051", "http://[FDAB:0::0001]"}, []string{"http://[fe00::1]", "http://10.0.0.1", "http://[fd00::1%25eth0]"}},
		{"[fd00::/8]:5051", []string{"http://[fd00::1]:5051"}, []string{"http://[fd00::1]:5050"}},
		{"[fd00::1]", []string{"http://[fd00:0::1]:5051"}, []string{"http://[fd00::2]:5051"}},
		{"fd00::1", []string{"http://[fd00::1]"}, []string{"http://[fd00::2]"}},
		{"0.0.0.0/0", []string{"http://1.2.3.4"}, []string{"http://a", "http://[fd00::1]"}},
		{"*", []string{"http://a:1", "https://10.0.0.1", "http://[fe80::1%25eth0]"}, nil},
		{"*:5051", []string{"http://a:5051", "http://10.0.0.1:5051"}, []string{"http://a:5050"}},
		{" a , b:1 ", []string{"http://a:7", "http://b:1"}, []string{"http://b:2", "http://c"}},
		{"agent_1.x-y", []string{"http://agent_1.x-y"}, nil},
		{"", nil, []string{"http://a"}},
	} {
		named, err := parseHosts(tt.list)
		if err != nil {
			t.Errorf("%s: %v", tt.list, err)
			continue
		}
		for _, c := range []struct {
			urls []string
			want bool
		}{{tt.yes, true}, {tt.not, false}} {
			for _, text := range c.urls {
				u, err := url.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				if got := named.allowed(addressOf(u)); got != c.want {
					t.Errorf("%s names %s: %t", tt.list, text, got)
				}
			}
		}
	}
}

func TestHostsRefused(t *testing.T) {
	for _, list := range []string{
		",", "a,,b", "a:", "a:0", "a:65536", "a:x", ":5050", "*.", "*.*", "a.*", "*a", "a*.b", "**", ".a", "a..b", "-.*",
		"10.0.0.0/33", "10.0.0/8", "10.0.0.300", "10.0.0", "1", "::ffff:10.0.0.0/104", "fd00::/129", "fe80::1%eth0",
		"[fd00::1", "[fd00::1]x", "[fd00::1]:", "fd00::1]:1", "[]", "ftp://a", "://a", "http://", "http://a/", "a/b", "a?b", "a#b", "a b",
		"ä.example", "a\x00", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "aa", strings.Repeat("a,", hostsMax) + "a",
	} {
		_, err := parseHosts(list)
		var bad *ConfigError
		if !errors.As(err, &bad) || bad.Field != "hosts" {
			t.Errorf("%.40q: got %v", list, err)
		}
	}
	if _, err := parseHosts("u:hush@a:5050"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("a password: %v", err)
	}
}

// An address that the configuration names exactly is named however it is written,
// and nothing else is.
func FuzzHosts(f *testing.F) {
	for _, seed := range []string{
		"a:5050", "*.a.b,10.0.0.0/8:1", "[fd00::/8]:5051", "https://*:1", "::1", "*", "1.2.3.4", "A.", "[::ffff:1.2.3.4]",
	} {
		f.Add(seed, "evil.example")
	}
	f.Fuzz(func(t *testing.T, list, stranger string) {
		named, err := parseHosts(list)
		if err != nil {
			var bad *ConfigError
			if !errors.As(err, &bad) || bad.Field != "hosts" || named != nil {
				t.Fatalf("%q: %v, %v", list, named, err)
			}
			return
		}
		for _, p := range named {
			a := address{scheme: p.scheme, host: p.name, port: p.port}
			switch {
			case p.all:
				a.host = stranger
			case p.network.IsValid():
				a.host = p.network.Addr().String()
			case p.below:
				a.host = "x." + p.name
			}
			if !named.allowed(a) {
				t.Fatalf("%q does not name %+v", list, a)
			}
			exact := hosts{exactly(a)}
			if !exact.allowed(a) {
				t.Fatalf("%+v is not itself", a)
			}
			other := a
			if other.host = canonical(stranger); other.host != a.host && exact.allowed(other) {
				t.Fatalf("%+v names %+v", a, other)
			}
			if !p.all && !p.below && !p.network.IsValid() && p.names(address{p.scheme, "x." + p.name, p.port}) {
				t.Fatalf("%q names what is below it", list)
			}
		}
	})
}

// TestNamed: only a master that is named is shown a secret by who has its address from the
// log.
func TestNamed(t *testing.T) {
	for _, row := range []struct {
		hosts, base string
		want        bool
	}{
		{"127.0.0.1", "http://127.0.0.1:41823", true},
		{"127.0.0.1", "http://127.0.0.2:41823", false},
		{"*.mesos.internal:5050", "https://m1.mesos.internal:5050", true},
		{"*.mesos.internal:5050", "https://m1.mesos.internal:5051", false},
		{"*.mesos.internal:5050", "https://m1.mesos.internal.example.com:5050", false},
		{"10.0.0.0/8", "http://10.1.2.3:5050", true},
		{"10.0.0.0/8", "http://127.0.0.1@11.1.2.3:5050", false},
		{"", "http://127.0.0.1:5050", false},
		{"127.0.0.1", "", false},
		{"127.0.0.1", "http://%zz", false},
		{"http://u@h", "http://h", false},
	} {
		if got := Named(row.hosts, row.base); got != row.want {
			t.Errorf("%q names %q: %v", row.hosts, row.base, got)
		}
	}
}
