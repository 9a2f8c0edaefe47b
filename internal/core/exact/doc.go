// Package exact writes values as JSON and reads back just the same: all of their fields,
// also those that no other package sees, with the difference between nothing and an empty
// list, and with what is shared between them shared again.
//
//	a struct          an object by the names of its fields, without those that are zero
//	a pointer to one  the same; the second time a number: the how-manieth object, or map,
//	                  that may be pointed to it is, from 0
//	a map             an object if its keys are texts or integers, else a list of pairs; the
//	                  second time a number, too
//	a text            a text; {"base64": ...} if it is not UTF-8
//	a time            as in RFC 3339; [seconds since 1970, nanoseconds, seconds east of UTC] if
//	                  that cannot hold it
//
// What can be made again from the rest is left out: the caller names it, and makes it again.
// There is no other way to have a field left out, so that none is forgotten. [Codec.Shape]
// tells what is written of which types; two programs with one shape read each other's.
//
// Values with functions, channels or interfaces in them, or with pointers in a circle, are
// not written.
package exact
