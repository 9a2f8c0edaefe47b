package job

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// Amount is a number of tasks, or a share of them. It is written 3, or "25%".
type Amount struct {
	// Number is of tasks, or of hundredths if Percent is set.
	Number  uint32
	Percent bool
}

// String writes a as a job file does, without quotes.
func (a Amount) String() string {
	if a.Percent {
		return fmt.Sprintf("%d%%", a.Number)
	}
	return strconv.FormatUint(uint64(a.Number), 10)
}

// RoundedUp is how many of n tasks a is, the fraction of a task as a whole one.
func (a Amount) RoundedUp(n uint32) uint32 { return a.of(n, 99) }

// RoundedDown is how many of n tasks a is, without the fraction of a task.
func (a Amount) RoundedDown(n uint32) uint32 { return a.of(n, 0) }

// of never is more than n: no more than there are can be begun beside, or be down.
func (a Amount) of(n uint32, more uint64) uint32 {
	if !a.Percent {
		return min(a.Number, n)
	}
	return uint32(min((uint64(a.Number)*uint64(n)+more)/100, uint64(n)))
}

// MarshalJSON writes a number, or a string with a percent sign.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a.Percent {
		return json.Marshal(a.String())
	}
	return []byte(a.String()), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and whole numbers however written.
func (a *Amount) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	var text string
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		return a.percent(text)
	}
	n, err := strconv.ParseFloat(string(data), 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n > math.MaxUint32 {
		return fmt.Errorf("job: %s is no number of tasks", data)
	}
	*a = Amount{Number: uint32(n)}
	return nil
}

func (a *Amount) percent(text string) error {
	digits, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil {
		return fmt.Errorf("job: %q is no share of tasks", text)
	}
	*a = Amount{Number: uint32(n), Percent: true}
	return nil
}
