// Package bench measures: how fast a scheduler that does nothing else launches
// tasks on the embedded Mesos, which is the limit; how fast taurus does, which
// also plans and records; and how much memory tasks take.
//
// The benchmarks take as many tasks as the flag -tasks says; each task is the
// fiftieth part of an agent. Run them one at a time, each once:
//
//	go test ./bench -run '^$' -bench . -benchtime 1x
//
// The numbers that a machine gave are in docs/performance.md.
package bench
