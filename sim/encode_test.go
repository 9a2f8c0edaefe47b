package sim_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/sim"
)

// TestEncodedStatesGoOn: a state that is encoded and decoded now and then comes to what the
// log comes to, whatever went wrong while that was written.
func TestEncodedStatesGoOn(t *testing.T) {
	for seed := range uint64(min(*seedsFlag, 20)) {
		t.Run(fmt.Sprintf("seed=%d", *firstFlag+seed), func(t *testing.T) {
			t.Parallel()
			run := sim.New(*firstFlag + seed)
			run.Do()
			s := cluster.New()
			for _, r := range run.World.Log.Records {
				if r.Decoded.Sequence%29 == seed%29 {
					s = again(t, s)
				}
				if _, err := s.Apply(r.Decoded); err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(s, run.World.Referee) {
				t.Error("it comes to another state")
			}
		})
	}
}

func again(t *testing.T, s *cluster.State) *cluster.State {
	t.Helper()
	data, err := cluster.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := cluster.DecodeState(data)
	if err != nil {
		t.Fatal(err)
	}
	return back
}
