// Package disk keeps the small files of a master or agent: on a disk, where a
// process or machine that dies at any instruction leaves the old content or the
// new one, or in memory, for a cluster within one process.
package disk
