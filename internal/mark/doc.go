// Package mark keeps how far a service has folded the log, in a file on a disk of
// the service's own: what a log that lost its end, or was put in the place of
// another, is recognised by.
//
//	state directory
//	  mark     two slots of one mark each, written by turns
//
// A slot is written whole with one write and has a checksum, so the other one
// stands whatever interrupts it. A mark that was saved survives the end of the
// process, however it ends, at once; a power failure it survives from the next
// fsync on, which comes within a second. To wait for one before every effect would
// cost milliseconds each, for a second that only a log which lost synced records
// in the same power failure could need.
//
// The file is locked while it is open: of two processes with one directory each
// would overwrite what the other goes by.
package mark
