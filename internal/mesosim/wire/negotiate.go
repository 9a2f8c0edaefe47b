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
	kind, _, _ := strings.Cut(media, "/")
	return listed(headers, media, kind+"/*", "*/*")
}

// AcceptsGzip reports whether an answer may be compressed, by the Accept-Encoding
// headers.
func AcceptsGzip(headers []string) bool { return listed(headers, "gzip", "*") }

// listed reports whether headers allow the first of some names that is in them: what
// is said of one comes before what is said of all (RFC 9110, 12.5).
func listed(headers []string, names ...string) bool {
	parts := strings.Split(strings.NewReplacer(" ", "", "\t", "").Replace(strings.Join(headers, ",")), ",")
	for _, name := range names {
		for _, part := range parts {
			have, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(have, name) {
				return wanted(params)
			}
		}
	}
	return false
}

// wanted reports whether the quality among the parameters is more than zero, as it is
// when there is none.
func wanted(params string) bool {
	var qualities []string
	for p := range strings.SplitSeq(params, ";") {
		if value, ok := strings.CutPrefix(p, "q="); ok {
			qualities = append(qualities, value)
		}
	}
	if len(qualities) != 1 {
		return true
	}
	q, err := strconv.ParseFloat(qualities[0], 64)
	return err == nil && q > 0
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
