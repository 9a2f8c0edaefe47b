package wire

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Negotiate chooses the media type of an answer from the Accept headers: JSON
// when it is acceptable, which it is when nothing is said (1.1), else protobuf,
// else the first of the others. It is empty when none is.
func Negotiate(accept []string, others ...string) string {
	for _, media := range slices.Concat([]string{MediaJSON, MediaProtobuf}, others) {
		if accepts(accept, media) {
			return media
		}
	}
	return ""
}

func accepts(headers []string, media string) bool {
	if len(headers) == 0 {
		return true
	}
	var ok bool
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.TrimSpace(name)
		if !slices.Contains([]string{media, "*/*", "application/*"}, name) {
			continue
		}
		if refused(params) {
			if name == media {
				return false
			}
			continue
		}
		ok = true
	}
	return ok
}

// AcceptsGzip says whether an answer may be compressed, by the Accept-Encoding
// headers: what they say of gzip comes before what they say of all (RFC 9110,
// 12.5.3).
func AcceptsGzip(headers []string) bool {
	parts := strings.Split(strings.Join(headers, ","), ",")
	for _, coding := range []string{"gzip", "*"} {
		for _, part := range parts {
			name, params, _ := strings.Cut(part, ";")
			if strings.TrimSpace(name) == coding {
				return !refused(params)
			}
		}
	}
	return false
}

// refused says whether a quality of zero is among the parameters.
func refused(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if q, err := strconv.ParseFloat(value, 64); name == "q" && err == nil && q == 0 {
			return true
		}
	}
	return false
}

// Refusal is the text of the 400 for a call that Decode did not take (1.1, 9 to
// 11).
func Refusal(err error) string {
	switch {
	case errors.Is(err, ErrProtobuf):
		return "Failed to parse body into Call protobuf"
	case errors.Is(err, ErrConvert):
		return "Failed to convert JSON into Call protobuf: " + err.Error()
	}
	return "Failed to parse body into JSON: " + err.Error()
}
