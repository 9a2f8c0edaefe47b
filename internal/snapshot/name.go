package snapshot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Name tells of a snapshot what can be known without reading it.
type Name struct {
	Sequence uint64
	// At is the log's time of Sequence, in seconds.
	At     time.Time
	Format string
}

const (
	timeLayout = "20060102T150405Z"
	nameForm   = `^([0-9]{20})-([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{16})$`
)

// String is the name as stores have it.
func (n Name) String() string {
	return fmt.Sprintf("%020d-%s-%s", n.Sequence, n.At.UTC().Format(timeLayout), n.Format)
}

// ParseName reads what String writes; false for anything else.
func ParseName(text string) (Name, bool) {
	parts := regexp.MustCompile(nameForm).FindStringSubmatch(text)
	if parts == nil {
		return Name{}, false
	}
	sequence, err := strconv.ParseUint(parts[1], 10, 64)
	at, timeErr := time.Parse(timeLayout, parts[2])
	return Name{Sequence: sequence, At: at, Format: parts[3]}, err == nil && timeErr == nil
}

// parse is what names are of, the newest first; others are left out.
func parse(texts []string) []Name {
	var names []Name
	for _, text := range texts {
		if n, ok := ParseName(text); ok {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b Name) int {
		return cmp.Or(cmp.Compare(b.Sequence, a.Sequence), cmp.Compare(a.Format, b.Format), a.At.Compare(b.At))
	})
	return names
}
