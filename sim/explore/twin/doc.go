// Package twin copies values that were not made to be copied: machines with
// private fields, maps, and pointers to what other pointers point to as well.
//
// A copy shares nothing with its original that either may change. What is never
// changed once it is made, such as a job spec or an event, is named as shared;
// what is worth nothing between two steps, such as the buffer of effects, is named
// as dropped and is zero in the copy. Two pointers to one thing are two pointers to
// one copy of it. A pointer into the middle of something else would not be found
// again, so none may be kept.
package twin
