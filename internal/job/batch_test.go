package job_test

import (
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestSuccess(t *testing.T) {
	for _, c := range []struct {
		written string
		want    job.Success
		again   string
		ofFive  uint64
	}{
		{`"all"`, job.SuccessAll, `"all"`, 5},
		{`"any"`, job.SuccessAny, `"any"`, 1},
		{`1`, job.SuccessAny, `"any"`, 1},
		{`3`, 3, `3`, 3},
		{`3.0`, 3, `3`, 3},
		{`3e0`, 3, `3`, 3},
		{`null`, job.SuccessAll, `"all"`, 5},
		{`7`, 7, `7`, 7},
	} {
		s, err := job.DecodeJSON([]byte(`{"id":"a","kind":"batch","success":` + c.written + `}`))
		if err != nil || s.Success != c.want {
			t.Errorf("%s is %v, %v", c.written, s.Success, err)
			continue
		}
		if again, err := json.Marshal(s.Success); err != nil || string(again) != c.again {
			t.Errorf("%s is written as %s, %v", c.written, again, err)
		}
		if got := s.Success.Of(5); got != c.ofFive {
			t.Errorf("%s of 5 tasks is %d", c.written, got)
		}
	}
}

// TestABatchSaysNothingByDefault, so that what is stored of jobs is as it was.
func TestABatchSaysNothingByDefault(t *testing.T) {
	s, err := job.DecodeJSON([]byte(`{"id":"a","kind":"batch","success":"all","time_limit":0,"tasks":[{"replicas":1,"container":{"image":"x"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := job.DecodeJSON([]byte(`{"id":"a","kind":"batch","tasks":[{"replicas":1,"container":{"image":"x"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := s.JSON()
	b, _ := plain.JSON()
	if string(a) != string(b) {
		t.Errorf("%s\n%s", a, b)
	}
}
