package master

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"

	"github.com/gogo/protobuf/proto"

	"github.com/milosgajdos/taurus/internal/mesosim/basicauth"
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
		text(w, http.StatusBadRequest, wire.Refusal(err))
		return "", nil, false
	}
	return media, body, true
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
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), maxBody)) + bytes.MinRead)
	_, err := b.ReadFrom(in)
	return b.Bytes(), err
}

// accepted chooses the media type of an answer; it is empty when neither is.
func accepted(r *http.Request) string { return wire.Negotiate(r.Header.Values("Accept")) }

const notAcceptable = "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"

// authenticate is check 1 of 1.1; the principal is empty when authentication is
// off.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (principal string, ok bool) {
	return s.realm("mesos-master-scheduler", s.opts.AuthenticateFrameworks).Check(w, r)
}

// realm is one that asks for credentials if it is closed.
func (s *Server) realm(name string, closed bool) basicauth.Realm {
	r := basicauth.Realm{Name: name}
	if closed {
		r.Credentials = s.opts.Credentials
	}
	return r
}
