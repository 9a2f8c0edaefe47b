package resource

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// ErrText is returned for a flag that is not in the text form of resources or
// attributes.
var ErrText = errors.New("not in the form name:value;name:value")

// ErrInvalid is returned for resources that no agent can have, as a negative
// amount or the role "a b".
var ErrInvalid = errors.New("invalid")

// Parse reads the form of an agent's --resources: "cpus:4;mem:2048;
// ports:[31000-31999]", each name with an optional "(role)".
func Parse(text string) ([]mesos.Resource, error) {
	var out []mesos.Resource
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		r, err := parseOne(part)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func parseOne(part string) (mesos.Resource, error) {
	var r mesos.Resource
	name, value, ok := strings.Cut(strings.TrimSpace(part), ":")
	if !ok || name == "" {
		return r, fmt.Errorf("resources: %w: %q", ErrText, part)
	}
	if n, role, found := strings.Cut(strings.TrimSuffix(name, ")"), "("); found {
		name = n
		if role != "*" {
			r.Role = &role
		}
	}
	r.Name = strings.TrimSpace(name)
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, "["):
		ranges, err := parseRanges(value)
		if err != nil {
			return r, err
		}
		r.Type, r.Ranges = mesos.RANGES.Enum(), &mesos.Value_Ranges{Range: ranges}
	case strings.HasPrefix(value, "{"):
		var set mesos.Value_Set
		for item := range strings.SplitSeq(strings.Trim(value, "{}"), ",") {
			set.Item = append(set.Item, strings.TrimSpace(item))
		}
		r.Type, r.Set = mesos.SET.Enum(), &set
	default:
		d, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return r, fmt.Errorf("resources: %w: %q", ErrText, part)
		}
		r.Type, r.Scalar = mesos.SCALAR.Enum(), &mesos.Value_Scalar{Value: d}
	}
	if why := Fault([]mesos.Resource{r}); why != "" {
		return r, fmt.Errorf("resources: %w: %s", ErrInvalid, why)
	}
	return r, nil
}

func parseRanges(value string) ([]mesos.Value_Range, error) {
	var out []mesos.Value_Range
	for part := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		a, err1 := strconv.ParseUint(from, 10, 64)
		b, err2 := strconv.ParseUint(to, 10, 64)
		if !ok || err1 != nil || err2 != nil || a > b {
			return nil, fmt.Errorf("ranges: %w: %q", ErrText, part)
		}
		out = append(out, mesos.Value_Range{Begin: a, End: b})
	}
	return out, nil
}

// ParseAttributes reads the form of an agent's --attributes: "rack:r1;zone:z1".
// A number is a scalar, [a-b] ranges, all else text.
func ParseAttributes(text string) ([]mesos.Attribute, error) {
	var out []mesos.Attribute
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("attributes: %w: %q", ErrText, part)
		}
		a := mesos.Attribute{Name: strings.TrimSpace(name)}
		value = strings.TrimSpace(value)
		if d, err := strconv.ParseFloat(value, 64); err == nil {
			a.Type, a.Scalar = mesos.SCALAR, &mesos.Value_Scalar{Value: d}
		} else if strings.HasPrefix(value, "[") {
			ranges, err := parseRanges(value)
			if err != nil {
				return nil, err
			}
			a.Type, a.Ranges = mesos.RANGES, &mesos.Value_Ranges{Range: ranges}
		} else {
			a.Type, a.Text = mesos.TEXT, &mesos.Value_Text{Value: value}
		}
		out = append(out, a)
	}
	return out, nil
}
