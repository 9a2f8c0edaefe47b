package job

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Success is how many tasks of a batch job have to end well for it to be completed:
// SuccessAll of them, or a number.
type Success uint32

// What success may be besides a number.
const (
	SuccessAll Success = 0
	SuccessAny Success = 1
)

// The words that stand for them.
const (
	successAll = "all"
	successAny = "any"
)

// Of returns how many of so many tasks that is.
func (s Success) Of(tasks uint64) uint64 {
	if s == SuccessAll {
		return tasks
	}
	return uint64(s)
}

// String is the word, or the number.
func (s Success) String() string {
	switch s {
	case SuccessAll:
		return successAll
	case SuccessAny:
		return successAny
	}
	return strconv.FormatUint(uint64(s), 10)
}

// MarshalJSON writes a word as a string and a number as one.
func (s Success) MarshalJSON() ([]byte, error) {
	if s > SuccessAny {
		return json.Marshal(uint32(s))
	}
	return json.Marshal(s.String())
}

// UnmarshalJSON reads a word, or a whole number from 1.
func (s *Success) UnmarshalJSON(data []byte) error {
	switch value := jsontext.Value(data); {
	case string(value) == `"`+successAll+`"`:
		*s = SuccessAll
	case string(value) == `"`+successAny+`"`:
		*s = SuccessAny
	default:
		var n uint32
		if err := json.Unmarshal(data, &n); err != nil || n == 0 {
			return fmt.Errorf("job: %s is neither a number of tasks nor %q or %q", excerpt(data), successAll, successAny)
		}
		*s = Success(n)
	}
	return nil
}

// success reads how many tasks have to end well.
func (t *typeCheck) success(dec *jsontext.Decoder, into *Success) error {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return err
	}
	n, number := float(value)
	if number && n == float64(uint32(n)) && n >= 1 { // 2.0 and 2e0 are whole, too.
		*into = Success(n)
		return nil
	}
	if err := into.UnmarshalJSON(value); err != nil {
		t.record(dec, value, `must be "all", "any" or a whole number from 1`)
	}
	return nil
}

// batch checks what only a job has that ends by itself.
func (c *checker) batch(s *Spec) {
	c.duration("time_limit", s.TimeLimit, c.lim.TimeLimit)
	c.duration("keep_for", s.KeepFor, c.lim.KeepFor)
	for i := range s.Tasks {
		c.duration(join(index("tasks", i), "time_limit"), s.Tasks[i].TimeLimit, c.lim.TimeLimit)
	}
	if s.Kind == KindService {
		c.endless(s)
		return
	}
	for i := range s.Tasks {
		c.gang(index("tasks", i), &s.Tasks[i])
	}
	if n := s.Success.Of(c.replicas); n > c.replicas {
		c.fault("success", "asks for %d tasks that end well, and the job has %d; ask for at most as many, or raise the replicas", n, c.replicas)
	}
}

// endless refuses what needs an end, of a job that has none.
func (c *checker) endless(s *Spec) {
	if s.TimeLimit != 0 {
		c.fault("time_limit", `a service runs until it is stopped; remove it, or use the kind "batch"`)
	}
	for i := range s.Tasks {
		if s.Tasks[i].TimeLimit != 0 {
			c.fault(join(index("tasks", i), "time_limit"), `a task of a service runs until it is stopped, and would be started again and again; remove it, or use the kind "batch"`)
		}
	}
	for i := range s.Tasks {
		if s.Tasks[i].Gang {
			c.fault(join(index("tasks", i), "gang"), `tasks of a service are replaced one by one, so they do not start together; remove it, or use the kind "batch"`)
		}
	}
	if s.Success != SuccessAll {
		c.fault("success", `a service is never completed; remove it, or use the kind "batch"`)
	}
	if s.KeepFor != 0 {
		c.fault("keep_for", `a service does not end by itself, and who stops it may delete it; remove it, or use the kind "batch"`)
	}
}

// gang checks that a gang can start.
func (c *checker) gang(at string, g *Group) {
	if g.Gang && g.Replicas > c.lim.Gang {
		c.fault(join(at, "gang"), "at most %d tasks start all at once, and the group has %d replicas; lower them, or remove it", c.lim.Gang, g.Replicas)
	}
}

// boundBatch checks the durations that are reckoned with.
func (c *checker) boundBatch(s *Spec) {
	c.duration("time_limit", s.TimeLimit, c.lim.TimeLimit)
	c.duration("keep_for", s.KeepFor, c.lim.KeepFor)
}
