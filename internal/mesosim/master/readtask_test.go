package master

import "testing"

// Tasks without a status come before all others, and so last when the newest are
// first (7.1).
func TestFirstSeen(t *testing.T) {
	t.Parallel()
	none, early := firstSeen(object{"statuses": []object{}}), firstSeen(object{"statuses": []object{{"timestamp": 0.5}, {"timestamp": 9.0}}})
	if none >= early || early != 0.5 {
		t.Errorf("%g, %g", none, early)
	}
}
