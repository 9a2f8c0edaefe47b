package command

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrDuration is returned for a text that is no duration in Mesos' form.
var ErrDuration = errors.New("not a duration like 3secs, 100ms or 10mins")

// Duration is a flag in Mesos' form: a number, and ns, us, ms, secs, mins, hrs,
// days or weeks. Go's own form is taken too.
type Duration time.Duration

// String implements pflag.Value.
func (d *Duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type implements pflag.Value.
func (*Duration) Type() string { return "duration" }

// Set implements pflag.Value.
func (d *Duration) Set(text string) error {
	v, err := ParseDuration(text)
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// ParseDuration reads Mesos' form, or Go's.
func ParseDuration(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	units := []struct {
		suffix string
		unit   time.Duration
	}{
		{"weeks", 7 * day},
		{"days", day},
		{"hrs", time.Hour},
		{"mins", time.Minute},
		{"secs", time.Second},
		{"ms", time.Millisecond},
		{"us", time.Microsecond},
		{"ns", time.Nanosecond},
	}
	for _, u := range units {
		if n, ok := strings.CutSuffix(text, u.suffix); ok {
			v, err := strconv.ParseFloat(n, 64)
			v *= float64(u.unit)
			if err != nil || !(math.Abs(v) < math.MaxInt64) { // Not a number neither.
				return 0, fmt.Errorf("%w: %q", ErrDuration, text)
			}
			return time.Duration(v), nil
		}
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ErrDuration, text)
	}
	return v, nil
}
