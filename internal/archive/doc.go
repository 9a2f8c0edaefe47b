// Package archive keeps sealed segments of the log elsewhere than in the log, for ever:
// what the log no longer holds is read from there.
//
// A segment is all records up to one that a seal is over, from where the one before
// ended. It is two objects of a store: a file, which is an export of those records
// (package exportfile) under zstd, and a manifest, which says what is in the file, what
// its checksum is and what the log's hash is before and behind it, and names the manifest
// before by its checksum.
//
//	segments/<first>-<last>-<sum>.ndjson.zst
//	manifests/<first>.json
//
// docs/events.md (A segment of the archive) is the reference. The file is put first, read
// again and held against the log's hash; then comes the manifest, and with it the segment
// is there. Whoever writes may be killed anywhere: what is left is a file that no manifest
// names. Two who write are no harm either, since of two manifests that begin alike the
// store takes one; the other goes on behind it.
//
// [Joined] is the archive and the log as one.
package archive
