package wire

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/gogo/protobuf/proto"
)

// The media types of the v1 APIs.
const (
	MediaJSON     = "application/json"
	MediaProtobuf = "application/x-protobuf"
	// MediaRecordIO is that of records of one of the others, of an agent.
	MediaRecordIO = "application/recordio"
)

// Codec encodes and decodes bodies of both media types.
type Codec struct {
	json JSON
}

// Option is what the JSON of a codec has beyond the messages of mesos-go.
type Option func(*JSON)

// NewCodec returns a codec, which is safe for concurrent use.
func NewCodec(options ...Option) *Codec {
	c := &Codec{json: JSON{extras: map[reflect.Type]Extra{}, lists: map[reflect.Type][]string{}}}
	for _, o := range options {
		o(&c.json)
	}
	return c
}

// Extend adds members to the JSON of msg's type, a pointer to a message.
func Extend(msg proto.Message, extra Extra) Option {
	return func(j *JSON) { j.extras[reflect.TypeOf(msg).Elem()] = extra }
}

// Keep has the named lists of msg's type, a pointer to a message, written in JSON
// when they are empty too.
func Keep(msg proto.Message, lists ...string) Option {
	return func(j *JSON) { j.lists[reflect.TypeOf(msg).Elem()] = lists }
}

// Encode returns msg in the given media type, JSON unless it is MediaProtobuf.
func (c *Codec) Encode(media string, msg proto.Message) ([]byte, error) {
	if media == MediaProtobuf {
		return proto.Marshal(msg)
	}
	return c.json.Marshal(msg), nil
}

// Decode fills msg from a body. The error is ErrProtobuf, ErrSyntax or
// ErrConvert.
func (c *Codec) Decode(media string, body []byte, msg proto.Message) error {
	if media != MediaProtobuf {
		return c.json.Unmarshal(body, msg)
	}
	if err := proto.Unmarshal(body, msg); err != nil {
		return fmt.Errorf("%w: %w", ErrProtobuf, err)
	}
	return nil
}

// Elements splits a JSON array. The error is ErrSyntax or ErrConvert.
func Elements(body []byte) ([][]byte, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, convertError("Unexpected JSON type parsed")
	}
	out := make([][]byte, len(list))
	for i, e := range list {
		if out[i], err = json.Marshal(e); err != nil {
			return nil, convertError(err.Error())
		}
	}
	return out, nil
}

// HasUnknownType reports whether a body whose decoded type is UNKNOWN says so
// itself, in which case Mesos takes it for present. number is the number of the
// field named type.
func HasUnknownType(media string, body []byte, number int) bool {
	if media != MediaProtobuf {
		var head struct {
			Type *string `json:"type"`
		}
		return json.Unmarshal(body, &head) == nil && head.Type != nil && *head.Type == "UNKNOWN"
	}
	b := proto.NewBuffer(body)
	for {
		key, err := b.DecodeVarint()
		if err != nil {
			return false
		}
		if int(key>>3) == number && key&7 == proto.WireVarint {
			return true
		}
		if !skip(b, key&7) {
			return false
		}
	}
}

func skip(b *proto.Buffer, kind uint64) bool {
	var err error
	switch kind {
	case proto.WireVarint:
		_, err = b.DecodeVarint()
	case proto.WireFixed64:
		_, err = b.DecodeFixed64()
	case proto.WireBytes:
		_, err = b.DecodeRawBytes(false)
	case proto.WireFixed32:
		_, err = b.DecodeFixed32()
	default:
		return false
	}
	return err == nil
}
