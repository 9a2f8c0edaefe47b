package service

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const bytesType = "size"

// Bytes is a size in bytes that is written as 1048576, 512MiB or 2GB.
type Bytes int64

type unit struct {
	name string
	size int64
}

// units go from the largest on, so that a size is written with the fewest digits.
func units() []unit {
	return []unit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"kB", 1e3},
		{"KB", 1e3},
		{"B", 1},
	}
}

// String writes the size in the largest binary unit that it is a multiple of.
func (b *Bytes) String() string {
	for _, u := range units() {
		if n := int64(*b); n != 0 && strings.HasSuffix(u.name, "iB") && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set implements pflag.Value.
func (b *Bytes) Set(text string) error {
	digits, size := strings.TrimSpace(text), int64(1)
	for _, u := range units() {
		if rest, ok := strings.CutSuffix(digits, u.name); ok {
			digits, size = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no size", text)
	}
	if n < 0 || n > math.MaxInt64/size {
		return errors.New("out of range")
	}
	*b = Bytes(n * size)
	return nil
}

// Type implements pflag.Value.
func (*Bytes) Type() string { return bytesType }
