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

// units has longer names first: each of the others ends in B too.
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
		{"B", 1},
	}
}

// String writes the size in the unit that it has the fewest whole ones of.
func (b *Bytes) String() string {
	n, name := int64(*b), ""
	for _, u := range units() {
		if whole := int64(*b) / u.size; *b != 0 && int64(*b)%u.size == 0 && whole < n {
			n, name = whole, u.name
		}
	}
	return strconv.FormatInt(n, 10) + name
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
