// Package handout hands secrets out to agents of Mesos, which fetch them for tasks that Docker runs: each archive once, for a minute, by
// a URL that nobody can guess and nothing writes down.
//
//	Offer(archive) -> https://launcher:8084/<64 hexadecimal digits> -> GET, once -> the archive -> wiped
package handout
