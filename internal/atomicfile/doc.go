// Package atomicfile replaces files so that a reader, or a process or machine
// that dies at any instruction, finds the old content or the new one, never a
// part of either. What can be left behind is a hidden temporary file next to it,
// for Sweep to remove.
package atomicfile
