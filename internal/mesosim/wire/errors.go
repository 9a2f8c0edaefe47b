package wire

import "errors"

var (
	// ErrProtobuf is returned for a body that is no serialized message of the
	// expected type, or that lacks a required field.
	ErrProtobuf = errors.New("not a serialized message")
	// ErrSyntax is returned for a body that is no JSON text.
	ErrSyntax = errors.New("JSON syntax")
	// ErrConvert is returned for JSON that does not fit the message.
	ErrConvert = errors.New("JSON does not fit the message")
	// ErrRecordTooLong is returned for a record longer than the reader's limit.
	ErrRecordTooLong = errors.New("record is longer than the limit")
	// ErrRecordHeader is returned where a record's length is not a decimal number.
	ErrRecordHeader = errors.New("record has no decimal length")
)
