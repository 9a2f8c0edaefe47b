package natsserver

import (
	"errors"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/ready"
)

func TestADiskThatIsNearlyFull(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		disk  disk
		err   error
		level ready.Level
		says  string
	}{
		{disk{free: roomMin, size: gib}, nil, ready.OK, "has 16 MiB of 1024 free"},
		{disk{free: roomMin - 1, size: gib}, nil, ready.Warn, "15 MiB of 1024 free: make room"},
		{disk{free: 2 << 20, size: roomPart * 2 << 20}, nil, ready.OK, "2 MiB of 32 free"},
		{disk{}, errors.New("no such directory"), ready.Warn, "no such directory"},
	} {
		if got := diskCheck(c.disk, c.err); got.Level != c.level || got.Restart || !strings.Contains(got.Detail, c.says) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestAServerIsReady(t *testing.T) {
	s, err := Start(t.Context(), Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := ready.Report{Able: true}
	if r.Add(s.Checks()...); !r.Able || len(r.Checks) != 2 {
		t.Errorf("%+v", r)
	}
	s.Close()
	r = ready.Report{Able: true}
	if r.Add(s.Checks()...); r.Able || s.Ready() == nil {
		t.Errorf("after its end: %+v", r)
	}
}
