// Package imprint tells whether two values are the same as far as anybody can
// tell: it takes a fingerprint that leaves out what makes no difference.
//
// Every field counts unless a Rule says otherwise:
//
//   - Ignored ones do not count at all; the rule says why.
//   - Numbers that only follow each other (sequences, tickets) count by their order
//     among all of their kind, so that ten records more in the past are the same
//     past.
//   - Names that are only compared (ids of offers, of events) count by who else has
//     the same.
//   - Times count by their distance from now, and no further than anybody looks; or,
//     where there are only few of them, as they are.
//
// Maps count in the order of their keys, pointers by what they point to, and a
// thing that is pointed to twice is one.
//
// An Imprint is a value with the places left open that depend on now and on the
// values beside it; Sum closes them. It can therefore be kept for as long as the
// value itself does not change.
package imprint
