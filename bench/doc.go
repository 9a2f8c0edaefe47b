// Package bench measures: how fast a scheduler that does nothing else launches
// tasks on the embedded Mesos, which is the limit; how fast taurus does, which
// also plans and records; what it holds in memory, and for how long it is away.
//
// What is measured is a [Scenario], a file each: a function that runs an installation,
// its services and NATS each a process of its own, and gives a [Row] for each figure, beside the
// limit that it is held to. TestScenarios sees that each works, and with -scenarios
// measures them and prints the table:
//
//	make bench BENCH=launch,churn
//
// The parts, in one process, are measured by benchmarks; -tasks says of how many tasks, each
// the fiftieth part of an agent. Run them one at a time, each once:
//
//	go test ./bench -run '^$' -bench . -benchtime 1x
//
// The numbers that a machine gave are in docs/performance.md.
package bench
