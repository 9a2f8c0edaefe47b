// Package fetcher brings the URIs of a command into the sandbox, as Mesos'
// fetcher does (mesos-v1, section 8): local paths, file: and http(s): URIs;
// archives (tar, tar.gz, tgz, tar.bz2, tbz2, zip) are unpacked unless extract is
// false.
//
// Fetching again after a crash starts over and replaces what is there. Nothing
// is ever written outside the sandbox, whatever an archive says.
package fetcher
