// Package resource is the arithmetic of Mesos resources: sets of scalars,
// ranges and items, apart by name and reservation, with addition, subtraction
// and containment (mesos-v1, section 2 and src/common/resources.cpp of Mesos).
//
// Scalars are fixed-point numbers with three decimals, as in Mesos, so that
// sums of 0.1 are exact. A Set is free of the allocation role; it is given when
// the set is turned into messages for a framework, whose capabilities choose
// the format.
//
// Nothing here fails: what is invalid is refused by Fault before it becomes
// part of a set.
package resource
