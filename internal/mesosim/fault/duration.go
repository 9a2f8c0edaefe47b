package fault

import (
	"fmt"
	"time"
)

// Duration is a time.Duration that JSON writes as text, "1.5s".
type Duration time.Duration

// MarshalText writes Go's form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads Go's form; a negative one is ErrRule.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%w: %q is no duration like 1.5s", ErrRule, text)
	}
	*d = Duration(v)
	return nil
}
