package command

import (
	"errors"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

func TestLeastOf(t *testing.T) {
	t.Parallel()
	if got, err := leastOf(""); got != nil || err != nil {
		t.Errorf("%v %v", got, err)
	}
	got, err := leastOf("cpus:0.5;mem:64|disk:1")
	if err != nil || len(got) != 2 || got[0].Scalar("mem") != 64_000 || got[1].Scalar("disk") != 1000 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := leastOf("cpus:1|x"); !errors.Is(err, resource.ErrText) {
		t.Errorf("%v", err)
	}
}
