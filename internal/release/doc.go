// Package release makes versions of the modules of this repository, which need
// one another: taurus itself, and those under pkg that other programs import.
//
// All modules have the same version, and one commit is all of them: a tag for
// each, such as v0.3.0 and pkg/events/v0.3.0. In that commit each go.mod names
// that version of the others, and each go.sum holds their hashes, so a tag alone
// is enough for
//
//	go install github.com/milosgajdos/taurus/cmd/taurus@v0.3.0
//	go get github.com/milosgajdos/taurus/pkg/events@v0.3.0
//
// Nothing has to be published for that beforehand: a hash follows from the files
// of a module, and what a module needs is hashed before itself.
//
// # Between releases
//
// go.work puts the folders here in place of the version that the go.mod files
// name, which is the one released last, or v0.0.0 before there was any. No go.mod
// has a replace directive: with one, go install of a version fails. The go.sum
// lines of the last release stay as they are, and are not looked at.
//
// What go.work does not help is a go command that reads one module alone, such
// as go mod tidy. For that there is Tidy, which gives it the others as they are
// now through a proxy in a folder.
package release
