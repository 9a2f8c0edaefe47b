// Package layout holds no code but the tests of how the packages are laid out:
// that ARCHITECTURE.md tells where each of them is, and what the core and the
// programs are made of, down to the dependencies of their dependencies. What a
// package may import itself, the linters hold (.golangci.yml).
package layout
