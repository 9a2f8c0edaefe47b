// Builds mesos-go's own example scheduler, for a test alone. That program is from
// a time before modules: mesos-go says nothing of what it needs, and its metrics
// are those of client_golang before 1.0, which taurus itself cannot have too.
module example-scheduler

go 1.26

require (
	github.com/mesos/mesos-go v0.0.11
	github.com/prometheus/client_golang v0.9.4
)

require (
	github.com/pquerna/ffjson v0.0.0-20190930134022-aa0246cd15f7 // indirect
)
