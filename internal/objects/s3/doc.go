// Package s3 keeps objects in a bucket of whatever speaks the protocol of S3. It asks
// for no more than to put, get and list objects; a bucket that lets nothing be deleted
// or replaced will do, and is best.
//
// A name is taken by a conditional write (If-None-Match: *), which S3 and most others
// hold to. Where one does not know it, two who put an object in the same instant are not
// told apart, and the later one stays: they are looked for before.
package s3
