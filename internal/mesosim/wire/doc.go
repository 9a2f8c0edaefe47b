// Package wire is the encoding of the Mesos v1 HTTP APIs: protobuf and JSON
// bodies, and the RecordIO framing of event streams (mesos-v1, section 1.2).
//
// The JSON is Mesos' own mapping (stout's protobuf.hpp), not protobuf's: field
// names as in the .proto file, enums by name, bytes as base64, doubles always
// with a fraction, and unset fields written when the .proto file gives them a
// default. On input, unknown fields and unknown names of optional enums are
// dropped, numbers and booleans may come as strings, and null means unset. The
// codec of mesos-go fails on all of these, hence this package; it works on
// mesos-go's types by reflection over their protobuf struct tags.
//
// A message that cannot be decoded is an error of the sender: decoding never
// panics and never allocates more than a small multiple of its input.
package wire
