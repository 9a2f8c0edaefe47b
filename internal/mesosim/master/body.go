package master

import (
	"compress/gzip"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gogo/protobuf/proto"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// maxBody bounds a call, after decompression.
const maxBody = 64 << 20

// decode reads a call: checks 7 to 11 of 1.1. It answers itself when one fails.
func (s *Server) decode(w http.ResponseWriter, r *http.Request, call proto.Message) (media string, body []byte, ok bool) {
	types := r.Header.Values("Content-Type")
	if len(types) == 0 {
		text(w, http.StatusBadRequest, "Expecting 'Content-Type' to be present")
		return "", nil, false
	}
	media = types[0]
	if media != wire.MediaJSON && media != wire.MediaProtobuf {
		text(w, http.StatusUnsupportedMediaType, "Expecting 'Content-Type' of application/json or application/x-protobuf")
		return "", nil, false
	}
	body, err := readBody(w, r)
	if err != nil {
		text(w, http.StatusBadRequest, "Failed to read the body: "+err.Error())
		return "", nil, false
	}
	if err := s.codec.Decode(media, body, call); err != nil {
		text(w, http.StatusBadRequest, bodyFault(err))
		return "", nil, false
	}
	return media, body, true
}

func bodyFault(err error) string {
	switch {
	case errors.Is(err, wire.ErrProtobuf):
		return "Failed to parse body into Call protobuf"
	case errors.Is(err, wire.ErrConvert):
		return "Failed to convert JSON into Call protobuf: " + err.Error()
	}
	return "Failed to parse body into JSON: " + err.Error()
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var in io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = io.LimitReader(z, maxBody)
	}
	return io.ReadAll(in)
}

// accepted chooses the media type of an answer: JSON when it is acceptable,
// which it is when nothing is said (1.1). It is empty when neither type is.
func accepted(r *http.Request) string {
	for _, media := range []string{wire.MediaJSON, wire.MediaProtobuf} {
		if accepts(r.Header.Values("Accept"), media) {
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

const notAcceptable = "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"

// authenticate is check 1 of 1.1; the principal is empty when authentication is
// off.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (principal string, ok bool) {
	if !s.opts.AuthenticateFrameworks {
		return "", true
	}
	user, secret, given := r.BasicAuth()
	want, known := s.opts.Credentials[user]
	if given && known && subtle.ConstantTimeCompare([]byte(secret), []byte(want)) == 1 {
		return user, true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="mesos-master-scheduler"`)
	text(w, http.StatusUnauthorized, "401 Unauthorized.")
	return "", false
}
