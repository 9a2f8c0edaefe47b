package election

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestParseAddress(t *testing.T) {
	a, err := ParseAddress("zk://user:p%40ss@a:2181,[::1]:2182/mesos/prod/")
	if err != nil || !slices.Equal(a.Servers, []string{"a:2181", "[::1]:2182"}) || a.Auth != "user:p@ss" || a.Path != "/mesos/prod" {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, text := range []string{
		"", "http://a:1/m", "zk://a:1", "zk://a:1/", "zk://a/m", "zk://:1/m", "zk://a:1,/m", "zk://user@a:1/m", "zk://user:@a:1/m",
		"zk://:p@a:1/m", "zk:///m", "zk://a:1/m//n", "zk://a:1/m/../n", "zk://a:1/m\x00",
	} {
		if a, err := ParseAddress(text); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: got %+v, %v", text, a, err)
		}
	}
}

// The example of mesos-v1, section 6, byte by byte.
func TestMasterIsWrittenAsMesosDoes(t *testing.T) {
	m := NewMaster("<uuid>", "10.0.0.1", "h", 5050, "1.11.0", "AGENT_UPDATE")
	got, err := json.Marshal(m)
	want := `{"address":{"hostname":"h","ip":"10.0.0.1","port":5050},"capabilities":[{"type":"AGENT_UPDATE"}],"hostname":"h",` +
		`"id":"\u003cuuid\u003e","ip":16777226,"pid":"master@10.0.0.1:5050","port":5050,"version":"1.11.0"}`
	if err != nil || string(got) != want {
		t.Errorf("got\n%s, %v, not\n%s", got, err, want)
	}
}

func TestMasterSaysWhereItIs(t *testing.T) {
	m := NewMaster("m", "10.0.0.1", "h", 5050, "")
	m.Domain = &Domain{FaultDomain{Region: Name{"r"}, Zone: Name{"z"}}}
	got, err := json.Marshal(m)
	want := `{"address":{"hostname":"h","ip":"10.0.0.1","port":5050},"domain":{"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}},` +
		`"hostname":"h","id":"m","ip":16777226,"pid":"master@10.0.0.1:5050","port":5050}`
	if err != nil || string(got) != want {
		t.Errorf("got\n%s, %v, not\n%s", got, err, want)
	}
}

func TestMasterAddresses(t *testing.T) {
	for _, tt := range []struct{ name, data, authority, addr string }{
		{"today's", `{"address":{"hostname":"h","ip":"10.0.0.1","port":5051},"hostname":"x","ip":1,"port":1}`, "h:5051", "10.0.0.1:5051"},
		{"of old", `{"hostname":"h","ip":16777226,"port":5050}`, "h:5050", "10.0.0.1:5050"},
		{"without a name", `{"ip":16777226,"port":5050}`, "10.0.0.1:5050", "10.0.0.1:5050"},
		{"without an ip", `{"hostname":"h","port":5050}`, "h:5050", "h:5050"},
		{"IPv6", `{"address":{"ip":"::1","port":5050}}`, "[::1]:5050", "[::1]:5050"},
	} {
		m, err := parseMaster([]byte(tt.data))
		if err != nil || m.Authority() != tt.authority || m.Addr() != tt.addr {
			t.Errorf("%s: got %q and %q, %v", tt.name, m.Authority(), m.Addr(), err)
		}
	}
	for _, data := range []string{``, `x`, `{}`, `{"port":5050}`, `{"hostname":"h"}`, `{"hostname":"h","port":65536}`, `{"hostname":"h","port":-1}`} {
		if m, err := parseMaster([]byte(data)); !errors.Is(err, ErrMasterInfo) {
			t.Errorf("%q: got %+v, %v", data, m, err)
		}
	}
}

func TestLeading(t *testing.T) {
	for _, tt := range []struct {
		children []string
		want     string
	}{
		{nil, ""},
		{[]string{"log_replicas", "registry", "info_0000000001", "json.info_x", "json.info_"}, ""},
		{[]string{"json.info_0000000012", "json.info_0000000003", "log_replicas"}, "json.info_0000000003"},
		{[]string{"json.info_10000000000", "json.info_9999999999"}, "json.info_9999999999"},
	} {
		if got, ok := leading(tt.children); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%v: got %q, %v", tt.children, got, ok)
		}
	}
}

func FuzzParseMaster(f *testing.F) {
	f.Add([]byte(`{"address":{"hostname":"h","ip":"10.0.0.1","port":5051},"hostname":"x","ip":1,"port":1}`))
	f.Add([]byte(`{"ip":1,"port":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMaster(data)
		if err == nil && (m.Addr() == "" || m.Authority() == "" || m.port() <= 0) {
			t.Fatalf("took a master without an address: %+v", m)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	packed, err := (&Registry{writer: "a"}).pack([]byte(`{"admitted":{}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte{})
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := unpack(data)
		if err == nil && len(data) == 0 && len(text) != 0 {
			t.Fatalf("made %q of nothing", text)
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	f.Add("zk://user:p%40ss@a:2181,b:2182/mesos")
	f.Add("zk://@/")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err == nil && (len(a.Servers) == 0 || len(a.Path) < 2 || a.Path[0] != '/') {
			t.Fatalf("took %q as %+v", text, a)
		}
	})
}
