// Package zktest runs a ZooKeeper of Debian's package for tests.
package zktest
