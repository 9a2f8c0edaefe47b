// Package objects keeps whole objects under names: bytes that are put once, read, and
// listed. An object is there whole or not at all, whatever instruction the one who puts
// it dies at, and is never changed nor replaced: of two who put one under the same
// name, one is told so. Nothing is ever deleted through it, so that who writes needs no
// right to.
//
// [Dir] keeps them in a directory; package s3 in a bucket of whatever speaks that
// protocol. [Store] is what any of them must be, and package objectstest the suite that
// shows it.
package objects
