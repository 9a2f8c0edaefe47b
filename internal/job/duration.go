package job

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Duration is written "1m30s"; a bare number is seconds, as in the original's
// health checks.
type Duration time.Duration

// String writes d as [time.Duration] does, without parts that are zero.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Seconds is d in seconds, the unit that Mesos and the original use.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

// MarshalJSON writes d as a string with units.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a string with units or a number of seconds.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	got, err := parseDuration(data, text)
	if err != nil {
		return err
	}
	*d = got
	return nil
}

// parseDuration reads raw, a JSON number of seconds or null, or text, the
// content of a JSON string.
func parseDuration(raw []byte, text string) (Duration, error) {
	if text != "" {
		d, err := time.ParseDuration(text)
		return Duration(d), err
	}
	if string(raw) == "null" {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, fmt.Errorf("job: %s is no duration", raw)
	}
	nanos := math.Round(seconds * float64(time.Second))
	if math.Abs(nanos) >= math.MaxInt64 {
		return 0, fmt.Errorf("job: %s s is longer than a duration can be", raw)
	}
	return Duration(nanos), nil
}
